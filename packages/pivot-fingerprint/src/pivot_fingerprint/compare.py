"""What changed between a record and a fingerprint.

The record is what ``record`` gave when the function last ran: keys and digests, kept as plain data. Two digests of a
definition are not simply compared. Half of each is of the definition's own text, the other half of its shape (see
``shapes``), and the definition still does the same if either half is the same. A function that is gone and one that is
new, with the same shape, are one function that was renamed.
"""

from collections.abc import Mapping

from pivot_fingerprint.parts import Change, Fingerprint

HALF = 32
_WITH_SHAPES = frozenset({"func", "method", "class", "const", "module"})
_RENAMED = frozenset({"func", "const"})


def record(fingerprint: Fingerprint) -> dict[str, str]:
    """Return what to remember of a fingerprint: the digest of each part by its key, the version of each package."""
    return {part.key: part.digest for part in fingerprint.parts} | {
        f"package::{name}": version for name, version in fingerprint.packages
    }


def text_of(digest: str) -> str:
    """Return the half of a part's digest that is of its own text: what a caller may keep that text under."""
    return digest[:HALF]


def compare(
    recorded: Mapping[str, str], current: Fingerprint, *, others: Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """Return the parts that are new, gone or different, sorted by key; none if the function still does the same.

    ``others`` are further parts as they are now that the fingerprint knows nothing of, by key: values of live objects.
    Packages are compared if the record has any.
    """
    parts = {part.key: part for part in current.parts}
    digests = {key: part.digest for key, part in parts.items()} | dict(others or {})
    if any(key.startswith("package::") for key in recorded):
        digests |= {f"package::{name}": version for name, version in current.packages}
    if recorded == digests:
        return ()
    was, now = _shapes(recorded), _shapes(digests)
    changes = []
    for key in sorted(recorded.keys() | digests.keys()):
        old, new = recorded.get(key), digests.get(key)
        if old == new or _is_same(key, old, new, was, now):
            continue
        part = parts.get(key)
        kind, module, name = key.split(":", 2)
        changes.append(
            Change(key, f"{kind}:{name or module}", old, new, part.file if part else None, part.line if part else 0)
        )
    return tuple(changes)


def _is_same(key: str, old: str | None, new: str | None, was: set[str], now: set[str]) -> bool:
    """Whether a part does what it did: it has the same text or shape as before, or the shape of another one."""
    kind = key.partition(":")[0]
    if old is not None and new is not None:
        return kind in _WITH_SHAPES and (old[:HALF] == new[:HALF] or old[HALF:] == new[HALF:])
    if kind not in _RENAMED:
        return False
    return (old is not None and old[HALF:] in now) or (new is not None and new[HALF:] in was)


def _shapes(digests: Mapping[str, str]) -> set[str]:
    return {
        digest[HALF:] for key, digest in digests.items() if key.partition(":")[0] in _RENAMED and len(digest) > HALF
    }
