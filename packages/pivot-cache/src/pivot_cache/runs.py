"""Records by key: the constructive traces of the cache ("these inputs gave these outputs"), as bytes.

A record does not prove itself as an object does; it carries a digest of itself, so that a damaged one is a miss. What
it says, and whether to believe it, is for the caller: the directory is as trusted as the machine. The first line of a
record's file is ``pivot-run 1`` and the BLAKE3 of the rest.
"""

import os
import stat
from collections.abc import Iterator
from typing import Final

from pivot_cache.atomic import CREATE_FLAGS, disk, disk_error, write_all
from pivot_cache.content import ObjectId
from pivot_cache.hashing import OPEN_FLAGS, hash_bytes
from pivot_cache.layout import Layout, names_in

SIZE_LIMIT: Final = 16 << 20
"""A record larger than this, in bytes, is not ours."""
_SET_ASIDE: Final = ".run"
_HEAD: Final = b"pivot-run 1 "
_HEAD_SIZE: Final = len(_HEAD) + 65


class Runs:
    """The records in a cache directory, by keys of 64 lower hex digits (``InvalidName`` otherwise).

    ``durable`` is for a directory; a ``Layout`` says so itself.
    """

    def __init__(self, root: str | os.PathLike[str] | Layout, *, durable: bool = True) -> None:
        self._layout = root if isinstance(root, Layout) else Layout(root, durable=durable)

    def get(self, key: str) -> bytes | None:
        """Return the record, None if there is none or it is damaged; raise ``DiskError`` if it cannot be read."""
        path = self._layout.run_path(key)
        try:
            descriptor = os.open(path, OPEN_FLAGS | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if os.path.islink(path):
                return None  # nothing that we wrote; the next record takes its place
            raise disk_error("read", path, error) from None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or not _HEAD_SIZE <= status.st_size <= SIZE_LIMIT + _HEAD_SIZE:
                return None
            written = os.read(descriptor, status.st_size)
        except OSError as error:
            raise disk_error("read", path, error) from None
        finally:
            os.close(descriptor)
        data = written[_HEAD_SIZE:]
        return data if written[:_HEAD_SIZE] == _head(data) else None

    def put(self, key: str, data: bytes) -> None:
        """Keep the record, in place of an older one. Whatever it names must be durable before.

        Nothing is flushed: a record that a power cut tears does not match its head, and counts as none.
        """
        if len(data) > SIZE_LIMIT:
            raise ValueError(f"a record has at most {SIZE_LIMIT} bytes, this one has {len(data)}")
        path = self._layout.run_path(key)
        self._layout.begin()
        self._layout.make_parent(path)
        temporary = self._layout.temporary()
        with disk("write", path):
            descriptor = os.open(temporary, CREATE_FLAGS, 0o666)
            try:
                write_all(descriptor, _head(data) + data)
            finally:
                os.close(descriptor)
            self._layout.give_name(temporary, path, _SET_ASIDE)

    def remove(self, key: str) -> None:
        """Remove the record, if it is there; for whoever collects garbage."""
        self._layout.remove(self._layout.run_path(key))

    def quarantine(self, key: str) -> str | None:
        """Move the record's file out of the way; return where it is now, None if it cannot be moved."""
        return self._layout.set_aside(self._layout.run_path(key), _SET_ASIDE)

    def keys(self) -> Iterator[ObjectId]:
        """Yield the keys of all records, in no order."""
        yield from names_in(self._layout.runs)


def _head(data: bytes) -> bytes:
    return _HEAD + hash_bytes(data).encode() + b"\n"
