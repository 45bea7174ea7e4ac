"""The local cache: a store of objects in a directory, and the way from the workspace into it and back.

This is the door; behind it are ``objects`` (read and verify), ``save`` and ``publish`` (keep), ``restore`` and
``build`` (give back), ``layout`` (where things are) and ``runs`` (records). What a project does with it is for others
to say.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from blake3 import blake3

from pivot_cache.atomic import CREATE_FLAGS, disk, remove_quietly, write_all
from pivot_cache.content import Content, Mode, ObjectId, object_id
from pivot_cache.errors import DiskError, ObjectCorrupt, ObjectMissing, StoreInside
from pivot_cache.hashing import PIECE, hash_bytes
from pivot_cache.layout import Layout, names_in
from pivot_cache.locks import FileLock
from pivot_cache.memo import Memo
from pivot_cache.objects import Objects
from pivot_cache.publish import Batch
from pivot_cache.registry import Registry
from pivot_cache.runs import Runs
from pivot_cache.scan import Scan
from pivot_cache.stamp import Clock, clock
from pivot_cache.state import State
from pivot_cache.sync import Meanwhile
from pivot_cache.tree import TreeEntry

if TYPE_CHECKING:
    from pivot_cache.relink import Links


class LocalStore:
    """A ``Store`` in a cache directory, which is made when something is first kept. Raises ``FormatTooNew``.

    ``state`` remembers which objects were verified when. ``durable`` says whether what is kept is on the disk when a
    call returns. ``user`` is who is entered in the registry of a shared cache, when it first holds the store. Whatever
    the disk refuses is a ``DiskError``. Several threads may use one store.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        state: State | None = None,
        durable: bool = True,
        clock: Clock = clock,
        user: str | None = None,
    ) -> None:
        self.layout = Layout(root, durable=durable)
        self.root = self.layout.root
        self.runs = Runs(self.layout)
        self._objects = Objects(self.layout, Memo(state, "object", singly=500), clock)
        self._holds: dict[int, FileLock] = {}
        self._user = user

    def __repr__(self) -> str:
        return f"LocalStore({self.root!r})"

    # Looking ----------------------------------------------------------------------------------------------------------

    def path(self, oid: ObjectId) -> str:
        """Return the file that the object is or would be. Nothing says that its bytes are right."""
        return self.layout.object_path(oid)

    def has(self, oid: ObjectId) -> bool:
        """Say whether a file stands under the name. Its bytes are not looked at."""
        return self._objects.status(oid) is not None

    def missing(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        """Return those that are not there."""
        wanted = set(ids)
        return wanted - {found for found, _ in self.statuses(wanted)}

    def has_all(self, content: Content) -> bool:
        """Say whether the object and, for a directory, everything below is there; a damaged tree is not."""
        return not self._objects.absent(content)

    def absent(self, content: Content) -> set[ObjectId]:
        """Return what is not there of a content and all below it, as far as the trees that are there can tell."""
        return self._objects.absent(content)

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        """Return those that are there, with their sizes in bytes."""
        return {oid: status.st_size for oid, status in self.statuses(ids)}

    def statuses(self, ids: Iterable[ObjectId]) -> Iterator[tuple[ObjectId, os.stat_result]]:
        """Yield those that are there, with the status of their files."""
        return self._objects.statuses(ids)

    def size(self, oid: ObjectId) -> int:
        """Return the object's size in bytes; raise ``ObjectMissing``."""
        status = self._objects.status(oid)
        if status is None:
            raise ObjectMissing(oid, self.root)
        return status.st_size

    def ids(self) -> Iterator[ObjectId]:
        """Yield the names of all objects, in no order. Files of other names are ignored."""
        yield from names_in(self.layout.objects)

    # Reading ----------------------------------------------------------------------------------------------------------

    def read(self, oid: ObjectId) -> bytes:
        """Return all bytes, verified; raise ``ObjectMissing``, or ``ObjectCorrupt`` after it was quarantined."""
        return self._objects.read(oid)

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        """Return a stream of the object's bytes, which the reader compares with the name; raise ``ObjectMissing``."""
        stream = os.fdopen(self._objects.open(oid)[0], "rb")
        stream.seek(start)
        return stream

    def tree(self, oid: ObjectId) -> tuple[TreeEntry, ...]:
        """Return the entries of a directory; the errors are those of ``read``, and ``InvalidTree``."""
        return self._objects.tree(oid)

    def verify(self, oid: ObjectId) -> bool:
        """Hash the object and say whether its bytes match its name; raise ``ObjectMissing``. Nothing is moved."""
        return self._objects.verify(oid)

    def quarantine(self, oid: ObjectId) -> str | None:
        """Move the object's file out of the way; return where it is now, None if it cannot be moved."""
        return self._objects.quarantine(oid)

    def peek(self, oid: ObjectId, head: bytes = b"") -> bytes | None:
        """Return what stands under the name, not verified, if it begins with ``head``; None otherwise. Nothing is
        moved."""
        return self._objects.peek(oid, head)

    def is_doubtful(self, oid: ObjectId, status: os.stat_result) -> bool:
        """Say whether something, without a look at its bytes, speaks against an object whose file has this status."""
        return self._objects.is_doubtful(oid, status)

    def protect(self, oid: ObjectId) -> bool:
        """Make the object read-only, and say whether it is now: another account's stays as it is."""
        status = self._objects.status(oid)
        if status is not None:
            self._objects.protect(oid, status)
            status = self._objects.status(oid)
        return status is not None and not status.st_mode & 0o222

    # Keeping ----------------------------------------------------------------------------------------------------------

    def add_bytes(self, data: bytes) -> ObjectId:
        """Keep the bytes and return their name."""
        self.hold()
        oid = hash_bytes(data)
        if not self._objects.is_good(oid, len(data)):
            with Batch(self.layout) as batch:
                batch.add_bytes(oid, data)
                batch.publish()
        return oid

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        """Keep what the stream gives under this name, hashing while it is written.

        If it does not match, nothing is kept and ``ObjectCorrupt`` is raised. Errors of the stream pass through.
        """
        object_id(oid)
        self.hold()
        batch = Batch(self.layout)
        temporary = self.layout.temporary()
        with disk("write", temporary):
            descriptor = os.open(temporary, CREATE_FLAGS, 0o600)
        try:
            hasher = blake3()
            while data := stream.read(PIECE):
                hasher.update(data)
                with disk("write", temporary):
                    write_all(descriptor, data)
            if hasher.hexdigest() != oid:
                raise ObjectCorrupt(oid, "the stream")
        except BaseException:
            os.close(descriptor)
            remove_quietly(temporary)
            raise
        with batch:
            batch.add_temporary(oid, temporary, descriptor)
            batch.publish()

    def add_from(self, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> None:
        """Keep an object of this size like ``add``, going on where an earlier try ended; a stream is opened at a byte.

        What arrived before an error or a kill stays for the next try. If it turns out to be wrong, all is read again.
        """
        from pivot_cache.partial import receive  # lazy: for large objects alone

        object_id(oid)
        self.hold()
        if not receive(self.layout, oid, size, open_from):
            with open_from(0) as stream:
                self.add(oid, stream)

    def remove_partials(self) -> None:
        """Remove what ``add_from`` left for a next try, unless a process is at it."""
        from pivot_cache.partial import remove_partials  # lazy, as above

        remove_partials(self.layout)

    def flush(self) -> None:
        """Put on the disk what was kept without a flush, all at once, as after many ``add`` to a store not durable."""
        from pivot_cache.flush import flush_file_system  # lazy: costs milliseconds

        if os.path.isdir(self.root):
            with disk("flush", self.root):
                if not flush_file_system(self.root):
                    os.sync()

    def save(
        self, path: str | os.PathLike[str], *, expected: Content | None = None, scan: Scan | None = None
    ) -> Content:
        """Keep the file or directory at the path and return what it is. See ``save_all``."""
        return self.save_all([(path, expected)], scan=scan)[0]

    def save_all(
        self,
        items: Sequence[tuple[str | os.PathLike[str], Content | None]],
        *,
        scan: Scan | None = None,
        meanwhile: Meanwhile = None,
    ) -> list[Content]:
        """Keep what is at each path, all together: one round of flushes, and all of it or nothing.

        With each path goes what the caller says is there, or None; if it is something else, nothing is kept and
        ``SourceChanged`` is raised. A ``scan`` spares reading the files that the store has and whose stamps it knows.
        ``meanwhile`` is called again and again while the disk is waited for, and must keep nothing of these paths.
        Other errors: any ``SourceError`` for what cannot be kept, ``DiskError``.
        """
        from pivot_cache.save import Save  # lazy: a command that finds nothing to do needs it not

        self.hold()
        places = [(os.path.abspath(path), expected) for path, expected in items]
        for place, _ in places:
            if f"{self.root}/".startswith(f"{place}/"):
                raise StoreInside(place)
        return Save(self._objects, scan, meanwhile)(places)

    # Giving back ------------------------------------------------------------------------------------------------------

    def restore(
        self,
        content: Content,
        path: str | os.PathLike[str],
        *,
        mode: Mode = "reflink",
        scan: Scan | None = None,
        replace: Content | None = None,
        within: str | os.PathLike[str] | None = None,
    ) -> bool:
        """Make the path be this content, and say whether anything had to be done.

        ``mode`` is ``reflink`` (a copy where the file system cannot), ``copy``, ``hardlink`` or ``symlink``. What is
        right already stays, whatever its mode. ``replace`` is what the caller knows to be there, and lets go.
        ``within`` is a directory above the path: below it no link is followed, however late somebody puts it there.

        - A file takes the place of any file; with ``replace``, only of that.
        - In a directory only the entries that differ are touched, and only those that ``replace`` names are changed or
          removed.

        Anything else is ``Occupied``, raised before anything was touched. Raises ``ObjectMissing``, ``ObjectCorrupt``
        (quarantined by then), ``InvalidTree``, ``ThroughLink``, ``DiskError``, and the ``SourceError`` of what is
        there now.
        """
        from pivot_cache.restore import Restore  # lazy, as above

        self.hold()
        enclosed = None if within is None else os.path.abspath(within)
        return Restore(self._objects, mode, scan or Scan(), enclosed)(content, os.path.abspath(path), replace)

    def relink(
        self,
        content: Content,
        path: str | os.PathLike[str],
        mode: Mode,
        *,
        scan: Scan | None = None,
        within: str | os.PathLike[str] | None = None,
    ) -> "Links":
        """Bring the files of the content, which is at the path now, into another mode; their bytes stay as they are.

        ``restore`` leaves what is right as it is; this is for when the mode was changed. A file that cannot be linked
        becomes, or stays, a copy. A ``scan`` that looked at the path spares another look; ``within`` is as for
        ``restore``. Raises what that raises for the objects, ``ThroughLink`` and ``DiskError``.
        """
        from pivot_cache.relink import Links, Relink, is_unlinked  # lazy, as above

        place = os.path.abspath(path)
        if mode not in ("hardlink", "symlink") and (
            (scan is not None and scan.is_own(place)) or is_unlinked(place, content.kind)
        ):
            return Links(0, 0)  # the usual case, without a look at the store
        self.hold()
        return Relink(self._objects, mode, None if within is None else os.path.abspath(within))(content, place)

    # The directory itself ---------------------------------------------------------------------------------------------

    def hold(self, *, wait: bool = True) -> bool:
        """Have nothing removed from the store until ``close``, and say whether that is so, with ``wait`` always True.

        Whatever keeps or gives back does this itself. Who relies on what ``has`` says, and records it, does so before
        it asks. A cache that can only be read has no lock, and loses nothing.
        """
        process = os.getpid()
        if process in self._holds:
            return True
        lock = self.lock()
        try:
            if wait:
                lock.lock(exclusive=False)
            elif not lock.try_lock(exclusive=False):
                return False
            if self._user is not None:
                Registry(self.layout).add(self._user)
        except DiskError as error:
            if not error.read_only:
                raise
        if self._holds.setdefault(process, lock) is not lock:
            lock.unlock()  # another thread was faster
        return True

    def lock(self) -> FileLock:
        """Return the store's lock: held shared by whoever ``hold``s, exclusively by whoever removes objects."""
        self.layout.prepare()
        return FileLock(self.layout.lock)

    def remove(self, oid: ObjectId) -> None:
        """Remove an object, if it is there. The caller holds ``lock`` exclusively, and nothing names the object."""
        self._objects.remove(oid)

    def close(self) -> None:
        """Remove this process's temporaries, and let go of what ``hold`` took. The store can be used again."""
        self.layout.close()
        held = self._holds.pop(os.getpid(), None)
        if held is not None:
            held.unlock()
