"""What a listing names, read so that nothing is missed: for whoever must not remove what is still needed.

``tree`` reads a listing to build from it, and refuses any doubt. Here doubt keeps: a listing with a flipped bit still
names most of its files. Nothing is believed of what is found but that it must stay.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from pivot_cache.content import ObjectId

HEAD: Final = b'{"pivot-tree":'
"""What listings begin with, of whatever version."""
_rows: Final = re.compile(rb'"(file|executable|link|directory)","([0-9a-f]{64})"').findall

type Read = Callable[[ObjectId, bytes], bytes | None]
"""Returns an object's bytes, whatever they are, if they begin with these; None otherwise."""


def reach(roots: Iterable[ObjectId], read: Read) -> set[ObjectId]:
    """Return the roots, and all that they name if they are listings, and so on."""
    reached = set(roots)
    waiting = list(reached)
    while waiting:
        data = read(waiting.pop(), HEAD)
        for kind, digest in _rows(data or b""):
            oid = ObjectId(digest.decode())
            if oid not in reached:
                reached.add(oid)
                if kind == b"directory":
                    waiting.append(oid)
    return reached
