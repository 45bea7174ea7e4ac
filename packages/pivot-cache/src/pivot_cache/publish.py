"""New objects on their way into a store: written as temporaries, flushed together, renamed, the directories flushed.

Until ``publish`` nothing has a name; if anything fails before, ``discard`` leaves the store as it was. Whether an
object is needed at all is decided by ``save``.
"""

import os
from typing import Final, Self

from pivot_cache.atomic import CREATE_FLAGS, disk, disk_error, remove_quietly, write_all
from pivot_cache.content import ObjectId
from pivot_cache.layout import Layout
from pivot_cache.sync import Meanwhile, sync_all, sync_directories

_REST: Final = len("/") + 62  # what follows the directory in an object's path
_SINGLY: Final = 64
"""Up to so many files or directories are flushed each for itself; more, by one flush of the file system."""


class Batch:
    """Objects that get their names together. In a durable layout they are on the disk when ``publish`` returns.

    As a context manager it discards what was not published. ``meanwhile`` is done while the disk is waited for.
    """

    def __init__(self, layout: Layout, meanwhile: Meanwhile = None) -> None:
        layout.begin()
        self._layout = layout
        self._meanwhile = meanwhile
        self._waiting: dict[ObjectId, str] = {}
        self._open: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def __contains__(self, oid: ObjectId) -> bool:
        return oid in self._waiting

    def add_bytes(self, oid: ObjectId, data: bytes) -> None:
        """Write the bytes, whose name is ``oid``, as a temporary. Raises ``DiskError``."""
        if oid in self._waiting:
            return
        path = self._layout.temporary()
        try:
            descriptor = os.open(path, CREATE_FLAGS, 0o600)
            self._take(oid, path, descriptor)
            write_all(descriptor, data)
            self._seal()
        except OSError as error:
            raise disk_error("write", path, error) from None

    def add_temporary(self, oid: ObjectId, path: str, descriptor: int) -> None:
        """Take over a temporary of this layout that holds the bytes of ``oid``, with its open descriptor."""
        if oid in self._waiting:
            os.close(descriptor)
            remove_quietly(path)
            return
        self._take(oid, path, descriptor)
        with disk("write", path):
            self._seal()

    def publish(self) -> list[ObjectId]:
        """Flush all temporaries, then give each its name, then flush the directories; return the names."""
        waiting = self._waiting
        if not waiting:
            return []
        with disk("flush", self._layout.temporaries):
            self._flush(list(waiting.values()))
        touched = self._rename(waiting)
        with disk("flush", self._layout.objects):
            self._flush_directories(touched)
        self._waiting = {}
        return list(waiting)

    def _rename(self, waiting: dict[ObjectId, str]) -> set[str]:
        """Give the temporaries their names; return the directories that got new ones."""
        layout = self._layout
        touched: set[str] = set()
        for oid, temporary in waiting.items():
            path = layout.object_path(oid)
            parent = path[:-_REST]
            if parent not in touched:
                touched |= layout.make_parent(path)
                touched.add(parent)
            try:
                layout.give_name(temporary, path)
            except OSError as error:
                raise disk_error("write", path, error) from None
        return touched

    def discard(self) -> None:
        """Remove the temporaries."""
        waiting, self._waiting = self._waiting, {}
        self._close()
        for path in waiting.values():
            remove_quietly(path)

    def _take(self, oid: ObjectId, path: str, descriptor: int) -> None:
        """From here on the temporary and its descriptor are ours to discard."""
        self._waiting[oid] = path
        self._open.append(descriptor)

    def _seal(self) -> None:
        """End the temporary that was taken last; it stays open only if it is to be flushed by itself."""
        os.fchmod(self._open[-1], 0o444)
        if not self._layout.durable or len(self._open) > _SINGLY:
            os.close(self._open.pop())

    def _flush(self, paths: list[str]) -> None:
        if not self._layout.durable:
            return
        if len(paths) <= _SINGLY:
            sync_all(self._open, self._meanwhile)
            self._close()
            return
        self._close()
        if not self._flush_all():
            for path in paths:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def _flush_directories(self, paths: set[str]) -> None:
        if self._layout.durable and not (len(paths) > _SINGLY and self._flush_all()):
            sync_directories(paths, self._meanwhile)

    def _flush_all(self) -> bool:
        from pivot_cache.flush import flush_file_system  # lazy: costs milliseconds, and only large batches need it

        return flush_file_system(self._layout.root)

    def _close(self) -> None:
        descriptors, self._open = self._open, []
        for descriptor in descriptors:
            os.close(descriptor)
