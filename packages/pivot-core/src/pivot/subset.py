"""Which objects a check reads: all, a fixed part of them, or as many as a share or an amount of bytes allows.

Parts cover everything in as many checks as there are; the others take what chance gives, so that repeated checks come
to cover everything too.
"""

import re
from collections.abc import Iterable, Mapping
from random import Random

from pivot.errors import UsageError
from pivot_cache import ObjectId

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_part = re.compile(r"(\d+)/(\d+)").fullmatch
_percent = re.compile(r"(\d+(?:\.\d+)?)%").fullmatch
_amount = re.compile(r"(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?", re.IGNORECASE).fullmatch


def choose(text: str, sizes: Mapping[ObjectId, int], random: Random | None = None) -> Iterable[ObjectId]:
    """Return the objects, of those with these sizes, that ``text`` says: ``n/t``, ``x%``, or a size as ``500M``.

    Raises UsageError for any other text.
    """
    text = text.strip()
    if part := _part(text):
        number, count = int(part[1]), int(part[2])
        if 1 <= number <= count:
            return [oid for oid in sizes if int(oid[:8], 16) % count == number - 1]
    elif percent := _percent(text):
        share = float(percent[1]) / 100
        if 0 < share <= 1:
            return _shuffled(sizes, random)[: max(1, round(share * len(sizes)))]
    elif amount := _amount(text):
        return _up_to(int(float(amount[1]) * _UNITS[amount[2].lower()]), sizes, random)
    raise UsageError(
        f"{text!r} is no subset of the objects",
        hint="a part as 1/5, a share as 10%, or an amount of bytes as 500M",
    )


def _up_to(limit: int, sizes: Mapping[ObjectId, int], random: Random | None) -> Iterable[ObjectId]:
    for oid in _shuffled(sizes, random):
        if sizes[oid] <= limit:
            limit -= sizes[oid]
            yield oid


def _shuffled(sizes: Mapping[ObjectId, int], random: Random | None) -> list[ObjectId]:
    listed = sorted(sizes)
    (random or Random()).shuffle(listed)
    return listed
