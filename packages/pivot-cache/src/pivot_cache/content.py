"""The values of the cache: the name of an object, and what is at a path.

Plain data, cheap to import and to compare; nothing here touches a disk.
"""

import re
from collections.abc import Collection
from typing import Final, Literal, NamedTuple, NewType

from pivot_cache.errors import InvalidName

ObjectId = NewType("ObjectId", str)
"""The name of an object: BLAKE3-256 of its bytes, 64 lower hex digits."""

FILE: Final = "file"
EXECUTABLE: Final = "executable"
LINK: Final = "link"
DIRECTORY: Final = "directory"
KINDS: Final = frozenset((FILE, EXECUTABLE, LINK, DIRECTORY))

type Mode = Literal["reflink", "copy", "hardlink", "symlink"]
"""How a file of the workspace gets its bytes: sharing blocks until one side is written, copied, or being the object."""

_is_name = re.compile(r"[0-9a-f]{64}").fullmatch


class Content(NamedTuple):
    """What is at a path.

    ``kind`` is ``file``, ``executable``, ``link`` or ``directory``. ``digest`` names the bytes: of a file, of a
    link's target text, of a directory's tree object. ``size`` is in bytes; a directory's is that of all files below
    it.
    """

    kind: str
    digest: ObjectId
    size: int


def is_object_id(text: str) -> bool:
    """Say whether the text could be the name of an object."""
    return _is_name(text) is not None


def are_object_ids(texts: Collection[str]) -> bool:
    """Say whether each text could be the name of an object; for many, much faster than to look at each."""
    joined = "".join(texts)
    try:
        return set(map(len, texts)) <= {64} and bytes.fromhex(joined).hex() == joined
    except ValueError:
        return False


def object_id(text: str) -> ObjectId:
    """Return the text as the name of an object; raise ``InvalidName`` for anything but 64 lower hex digits."""
    if _is_name(text) is None:
        raise InvalidName(text)
    return ObjectId(text)
