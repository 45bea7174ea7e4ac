"""A directory as a remote: a shared disk, a mounted server, a stick. Its layout is that of a cache.

A cache directory copied here with any tool is a valid remote, and the other way round. The files are handled by the
``LocalStore`` of ``pivot_cache``, which takes nothing for what its name says without looking; what differs here is that
the disk may be absent, and that reading changes nothing, not even what turns out to be damaged.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, Self

from pivot_cache import DiskError, FormatTooNew, LocalStore, ObjectCorrupt, ObjectId, hash_bytes
from pivot_remote.errors import DirectoryClosed, DirectoryMissing, InvalidLocation, RemoteTooNew, TooLarge
from pivot_remote.files import DirectoryFiles, RemoteFiles
from pivot_remote.location import DirectoryLocation, Remote
from pivot_remote.store import READ_LIMIT, There


class DirectoryStore:
    """A ``RemoteStore`` in a directory. Any number of threads and processes may use it at once.

    The directory is made when something is first kept, but not the one that it is in. Raises ``InvalidLocation`` and
    ``RemoteTooNew`` at once; at use ``DirectoryMissing`` and ``DirectoryClosed``, besides the errors of ``Store`` and
    ``DiskError``.
    """

    def __init__(self, remote: Remote) -> None:
        location = remote.location()
        if not isinstance(location, DirectoryLocation):
            raise InvalidLocation(remote.url, "it is no directory; write file:///directory")
        self._address = remote.url
        self._root = location.path
        self.files: RemoteFiles = DirectoryFiles(location.path)
        try:
            self._store = LocalStore(location.path)
        except FormatTooNew as error:
            raise RemoteTooNew(self._address, error.found, str(error.known)) from None

    def __repr__(self) -> str:
        return f"DirectoryStore({self._address!r})"

    @property
    def address(self) -> str:
        """Where it is: ``file:///directory``."""
        return self._address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove this process's temporaries. The store can be used again."""
        self._store.close()

    # -- looking

    def look(self) -> None:
        """Tell a remote that is still empty from one that cannot be, which would look the same."""
        if os.path.isdir(self._root):
            return
        parent = os.path.dirname(self._root)
        if not os.path.isdir(parent):
            raise DirectoryMissing(self._address, parent)
        if os.path.lexists(self._root) and not os.path.isdir(self._root):  # it may just have been made
            raise DirectoryMissing(self._address, self._root, "something else stands there")

    def has(self, oid: ObjectId) -> bool:
        """Say whether a file stands under the name. Its bytes are not looked at."""
        self.look()
        return self._store.has(oid)

    def missing(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        """Return those that are not there."""
        self.look()
        return self._store.missing(ids)

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        """Return those that are there, with their sizes in bytes."""
        self.look()
        return self._store.sizes(ids)

    def find(self, ids: Iterable[ObjectId], before: float) -> There:
        """Return those that are there, with their sizes, and which of them were written before a time."""
        self.look()
        sizes: dict[ObjectId, int] = {}
        old: set[ObjectId] = set()
        for oid, status in self._store.statuses(ids):
            sizes[oid] = status.st_size
            if status.st_mtime < before:
                old.add(oid)
        return There(sizes, old)

    def size(self, oid: ObjectId) -> int:
        """Return the object's size in bytes; raise ``ObjectMissing``."""
        self.look()
        return self._store.size(oid)

    def ids(self) -> Iterator[ObjectId]:
        """Yield the names of all objects, in no order. Files of other names are ignored."""
        self.look()
        return self._store.ids()

    # -- reading

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        """Return a stream of the object's bytes, which the reader compares with the name; raise ``ObjectMissing``."""
        self.look()
        return self._store.open(oid, start)

    def read(self, oid: ObjectId) -> bytes:
        """Return all bytes, verified; raise ``ObjectMissing``, ``ObjectCorrupt``, or ``TooLarge`` beyond 1 GiB."""
        with self.open(oid) as stream:
            data = stream.read(READ_LIMIT + 1)
        if len(data) > READ_LIMIT:
            raise TooLarge(self._address, oid, READ_LIMIT)
        if hash_bytes(data) != oid:
            raise ObjectCorrupt(oid, self._address)
        return data

    # -- keeping

    def add_bytes(self, data: bytes) -> ObjectId:
        """Keep the bytes and return their name."""
        with self._keeping():
            return self._store.add_bytes(data)

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        """Keep what the stream gives under this name; or nothing and raise ``ObjectCorrupt`` if it is not that."""
        with self._keeping():
            self._store.add(oid, stream)

    def add_from(self, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> None:
        """Keep an object of this size like ``add``, going on where an earlier try ended."""
        with self._keeping():
            self._store.add_from(oid, size, open_from)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """Tell a directory in which nothing may be kept from single objects that stand in others' folders of it."""
        self.look()
        try:
            yield
        except DiskError as error:
            ours = f"{error.path}/".startswith(f"{self._root}/")  # and not of where the bytes come from
            if error.read_only and ours and not error.path.startswith(f"{self._root}/objects/"):
                raise DirectoryClosed(self._address, str(error)) from None
            raise
