"""Which fingerprints of an answer differ from those of an earlier answer.

For callers that keep a conclusion about each of many fingerprints, and draw it again only where the fingerprint is
another. What is compared are the answers as ``analysis`` keeps them in the memo; each part is compared once, however
many fingerprints have it.
"""

from typing import Any

import orjson


def differing(before: bytes, now: bytes) -> frozenset[str] | None:
    """Return the names whose parts or packages are others than before, new ones included; None if a text is damaged.

    Places do not count: neither decides what anything does.
    """
    if before == now:
        return frozenset()
    try:
        (old_parts, old_rows), (parts, rows) = _read(before), _read(now)
        old_known = {row[0]: row for row in old_rows}
        old_marks = [_mark(part) for part in old_parts]
        marks = [_mark(part) for part in parts]
        as_before = len(marks) == len(old_marks)
        moved = {at for at, (old, new) in enumerate(zip(old_marks, marks, strict=False)) if old != new}
        found = set()
        for row in rows:
            name, numbers, packages = row[0], row[1], row[2]
            old = old_known.get(name)
            if old is None or old[2] != packages:
                found.add(name)
            elif as_before and old[1] == numbers and moved.isdisjoint(numbers):
                continue
            elif sorted(old_marks[at] for at in old[1]) != sorted(marks[at] for at in numbers):
                found.add(name)
        return frozenset(found)
    except (ValueError, TypeError, IndexError):
        return None


def _read(text: bytes) -> list[Any]:
    packed: list[Any] = orjson.loads(text.partition(b"\n")[2])
    return packed


def _mark(part: list[Any]) -> tuple[str, str, str, str]:
    """Return what of a part decides: its key and its digest."""
    kind, module, name, digest = part[:4]
    return kind, module, name, digest
