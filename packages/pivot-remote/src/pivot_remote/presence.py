"""Which of many keys are in a bucket, in as few requests as possible.

Pages of a listing, 1,000 keys each, are walked in the order of the keys; where no wanted key is, pages are jumped over.
When a page turns out to say little about what is wanted (a few objects in a large bucket), the rest is asked one by
one. The requests are made by ``s3``. A listing only confirms keys that were asked for; it brings no new ones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from pivot_remote.files import Entry

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

FEW: Final = 12
"""Up to so many keys are asked one by one. A page costs a server about as much as ten such questions."""

_DIGITS: Final = 18  # of a size


class Page(NamedTuple):
    """A piece of a listing: keys with sizes in bytes, the last key, and whether there are more behind it; of the keys
    the ``old`` ones, if that was asked."""

    sizes: Mapping[str, int]
    last: str
    more: bool
    old: frozenset[str] = frozenset()


class ListingBroken(Exception):
    """A listing that is not in order or never ends, or is none."""


def find_sizes(
    keys: Iterable[str],
    list_after: Callable[[str], Page],
    ask_each: Callable[[Sequence[str]], Mapping[str, int]],
) -> dict[str, int]:
    """Return those keys that are there, with the sizes of their objects in bytes.

    ``list_after`` returns the page of keys after a text, ``ask_each`` asks for single keys. Raises ``ListingBroken``.
    """
    wanted = sorted(set(keys))
    found: dict[str, int] = {}
    position = 0
    after = ""
    listed = False
    while len(wanted) - position > (0 if listed else FEW):
        # A text that is in order just before the key: the page begins with the key, if it is there.
        after = max(after, wanted[position][:-1])
        page = next_page(list_after, after)
        end = bisect_right(wanted, page.last, position) if page.more else len(wanted)
        if end == position:
            raise ListingBroken
        found.update((key, page.sizes[key]) for key in wanted[position:end] if key in page.sizes)
        sparse = end - position < FEW
        position, after, listed = end, page.last, True
        if sparse:
            break
    if position < len(wanted):
        found.update(ask_each(wanted[position:]))
    return found


def find_beginning(stems: Iterable[str], list_after: Callable[[str], Page]) -> list[str]:
    """Return the keys that begin with one of the stems, of which none begins another; a key may go on with a dot.

    Raises ``ListingBroken``.
    """
    known = set(stems)
    wanted = sorted(known)
    found: list[str] = []
    position = 0
    after = ""
    while position < len(wanted):
        after = max(after, wanted[position][:-1])
        page = next_page(list_after, after)
        found += [key for key in page.sizes if _stem(key) in known]
        if not page.more:
            break
        after = page.last
        position = bisect_left(wanted, _stem(after), position)
    return found


def _stem(key: str) -> str:
    above, slash, name = key.rpartition("/")
    return above + slash + name.partition(".")[0]


def next_page(list_after: Callable[[str], Page], after: str) -> Page:
    """Return the page after a text; raise ``ListingBroken`` if it would be the same for ever."""
    page = list_after(after)
    if page.more and page.last <= after:
        raise ListingBroken
    return page


def read_entries(listed: Iterable["ObjectTypeDef"]) -> Iterator[Entry]:
    """Yield what the client read in a listing. What has no time there is as new as can be.

    Raises ``ListingBroken`` for what has no name or no size.
    """
    for one in listed:
        if "Key" not in one or "Size" not in one:
            raise ListingBroken
        yield Entry(one["Key"], one["Size"], one["LastModified"].timestamp() if "LastModified" in one else inf)


def read_page(data: bytes, after: str, before: str = "") -> Page | None:
    """Read the page that follows a text from a server's answer; None if it is no listing of S3.

    Old is what was written ``before`` a time, as listings tell it: ``2026-11-22T21:55:00.000Z``.
    """
    from xml.etree import ElementTree as ET  # lazy: not every question is for a listing

    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):  # the latter for encodings that nobody knows
        return None
    kind, closed, name = root.tag.rpartition("}")
    if name != "ListBucketResult":
        return None
    space = kind + closed
    key_tag, size_tag, written_tag = f"{space}Key", f"{space}Size", f"{space}LastModified"
    sizes: dict[str, int] = {}
    old: list[str] = []
    for entry in root.iterfind(f"{space}Contents"):
        key, size = entry.findtext(key_tag), entry.findtext(size_tag) or ""
        if not key or not size.isdecimal() or len(size) > _DIGITS:
            return None
        sizes[key] = int(size)
        if before and (entry.findtext(written_tag) or before) < before:
            old.append(key)
    more = root.findtext(f"{space}IsTruncated") == "true"
    return Page(sizes, next(reversed(sizes), after), more, frozenset(old))
