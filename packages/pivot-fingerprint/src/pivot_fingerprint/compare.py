"""What changed between a record and a fingerprint.

The record is what ``record`` gave when the function last ran: keys and digests, to be kept as plain data.
"""

from collections.abc import Mapping

from pivot_fingerprint.parts import Change, Fingerprint


def record(fingerprint: Fingerprint) -> dict[str, str]:
    """Return what to remember of a fingerprint: the digest of each part by its key."""
    return {part.key: part.digest for part in fingerprint.parts} | {
        f"package::{name}": version for name, version in fingerprint.packages
    }


def compare(recorded: Mapping[str, str], current: Fingerprint) -> tuple[Change, ...]:
    """Return the parts that are new, gone or different, sorted by key; none if the function still does the same.

    Packages are compared if the record has any.
    """
    parts = {part.key: part for part in current.parts}
    digests = {key: part.digest for key, part in parts.items()}
    if any(key.startswith("package::") for key in recorded):
        digests |= {f"package::{name}": version for name, version in current.packages}
    changes = []
    for key in sorted(recorded.keys() | digests.keys()):
        old, new = recorded.get(key), digests.get(key)
        if old != new:
            part = parts.get(key)
            kind, module, name = key.split(":", 2)
            changes.append(
                Change(key, f"{kind}:{name or module}", old, new, part.file if part else None, part.line if part else 0)
            )
    return tuple(changes)
