"""The objects of a cache directory as files: opened with care, read and verified, set aside if they are wrong.

Another account may write to a shared cache directory, so a link is not followed, a fifo does not block, and bytes are
compared with the name. A mark says that an object was verified before; it is a stamp, so an edit in place undoes it.
New objects come from ``publish``.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, NoReturn

from pivot_cache.atomic import disk_error
from pivot_cache.content import DIRECTORY, Content, ObjectId
from pivot_cache.errors import InvalidTree, ObjectCorrupt, ObjectMissing, SourceError
from pivot_cache.hashing import OPEN_FLAGS, hash_bytes, hash_descriptor
from pivot_cache.layout import Layout
from pivot_cache.memo import Memo
from pivot_cache.stamp import Clock, is_settled, stamp
from pivot_cache.tree import ENTRY_LIMIT, TreeEntry, read_tree

MODE: Final = 0o444
"""The permission bits of every object."""
_OPEN_FLAGS: Final = OPEN_FLAGS | os.O_NOFOLLOW
_NO_FILE: Final = frozenset((errno.ELOOP, errno.ENXIO))  # what a link says to these flags, and a socket to any
_UNVERIFIED_LIMIT: Final = 64 << 20
"""What is larger is verified before it is read into memory: anybody can make a file of a terabyte of nothing."""

_FORMAT_BITS: Final = 0o170000
_PEEK_LIMIT: Final = 2 << 30
"""More than a listing of as many entries as there may be."""


class Objects:
    """The files under ``objects``. ``marks`` remembers which were verified, with which stamp."""

    def __init__(self, layout: Layout, marks: Memo, clock: Clock) -> None:
        self.layout = layout
        self._marks = marks
        self._clock = clock
        self._reflinks: dict[int, bool] = {}

    def status(self, oid: ObjectId) -> os.stat_result | None:
        """Return the status of the object's file; None if there is none, or something else stands there."""
        return next((status for _, status in self.statuses((oid,))), None)

    def statuses(self, ids: Iterable[ObjectId]) -> Iterator[tuple[ObjectId, os.stat_result]]:
        """Yield those objects that are there, with the status of their files."""
        look = os.lstat
        for oid, path in self.layout.object_paths(ids):
            try:
                status = look(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise disk_error("read", path, error) from None
            if status.st_mode & _FORMAT_BITS == stat.S_IFREG:
                yield oid, status

    def open(self, oid: ObjectId) -> tuple[int, os.stat_result]:
        """Open the object's file; raise ``ObjectMissing``, or ``ObjectCorrupt`` if something else stands there."""
        descriptor = self._open(oid, self.layout.object_path(oid))
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            self.reject(oid)
        return descriptor, status

    def read(self, oid: ObjectId, size: int | None = None) -> bytes:
        """Return all bytes, verified; raise ``ObjectMissing``, or ``ObjectCorrupt`` after it was quarantined.

        ``size`` is what somebody says that the object has; if it has another, that is an ``InvalidTree``.
        """
        path = self.layout.object_path(oid)
        descriptor = self._open(oid, path)
        try:
            # Whatever else may stand there gives other bytes: a directory an error, a fifo none, a device rubbish.
            wanted = os.fstat(descriptor).st_size if size is None else size
            if wanted > _UNVERIFIED_LIMIT and not self.verify(oid):
                self.reject(oid)
            data = os.read(descriptor, wanted + 1)
            while len(data) < wanted and (more := os.read(descriptor, wanted + 1 - len(data))):
                data += more
        except IsADirectoryError:
            self.reject(oid)
        except OSError as error:
            raise disk_error("read", path, error) from None
        finally:
            os.close(descriptor)
        if hash_bytes(data) == oid:
            if len(data) == wanted:
                return data
        elif size is None or not self.verify(oid):
            self.reject(oid)
        raise self.contradict(oid, wanted)

    def contradict(self, oid: ObjectId, size: int) -> InvalidTree:
        """Return the error about an object that has its own bytes, but not the size that a tree says."""
        return InvalidTree("", self.layout.root, f"it says that {oid} has {size} bytes")

    def _open(self, oid: ObjectId, path: str) -> int:
        try:
            return os.open(path, _OPEN_FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectMissing(oid, self.layout.root) from None
        except OSError as error:
            if error.errno in _NO_FILE:
                self.reject(oid)
            raise disk_error("read", path, error) from None

    def tree(self, oid: ObjectId) -> tuple[TreeEntry, ...]:
        """Return the entries of a directory; the errors are those of ``read``, and ``InvalidTree``."""
        return read_tree(self.read(oid), oid)

    def absent(self, content: Content) -> set[ObjectId]:
        """Return what is not there of a content and all below it, as far as the trees that are there can tell."""
        if content.kind != DIRECTORY:
            return set() if self.status(content.digest) else {content.digest}
        absent: set[ObjectId] = set()
        seen = {content.digest}
        waiting = [content.digest]
        while waiting:
            oid = waiting.pop()
            try:
                entries = self.tree(oid)
            except (ObjectMissing, ObjectCorrupt):
                absent.add(oid)
                continue
            below = {entry.digest for entry in entries} - seen
            seen |= below
            directories = below & {entry.digest for entry in entries if entry.kind == DIRECTORY}
            waiting += directories
            files = below - directories
            absent |= files - {found for found, _ in self.statuses(files)}
            if len(seen) > ENTRY_LIMIT:
                raise InvalidTree(content.digest, self.layout.root, f"it has more than {ENTRY_LIMIT} objects")
        return absent

    def verify(self, oid: ObjectId) -> bool:
        """Hash the object and say whether its bytes match its name; raise ``ObjectMissing``. Nothing is moved."""
        now = self._clock()
        path = self.layout.object_path(oid)
        if os.path.lexists(path) and self.status(oid) is None:
            return False
        descriptor, _ = self.open(oid)
        try:
            digest, status = hash_descriptor(descriptor, path)
        except SourceError:
            return False
        finally:
            os.close(descriptor)
        if digest == oid and is_settled(status, now):
            self._marks.note(bytes.fromhex(oid), stamp(status), digest)
        return digest == oid

    def is_marked(self, oid: ObjectId, status: os.stat_result) -> bool:
        """Say whether the object was verified before and its stamp is still the same."""
        return self._marks.find(bytes.fromhex(oid), stamp(status)) == oid

    def is_good(self, oid: ObjectId, size: int) -> bool:
        """Say whether the object is there, with this size and its own bytes; it is hashed if it bears no mark."""
        status = self.status(oid)
        if status is None or status.st_size != size:
            return False
        if not self.is_marked(oid, status):
            try:
                if not self.verify(oid):
                    return False
            except ObjectMissing:
                return False
        self.protect(oid, status)
        return True

    def is_doubtful(self, oid: ObjectId, status: os.stat_result) -> bool:
        """Say whether something speaks against the object: it changed since it was verified, or never was and can be
        edited through a link or its mode, or was emptied, as by a power cut."""
        if self.is_marked(oid, status):
            return False
        writable = status.st_nlink > 1 or status.st_mode & 0o222
        return bool(writable) or status.st_size == 0 or self._marks.knows(bytes.fromhex(oid))

    def peek(self, oid: ObjectId, head: bytes) -> bytes | None:
        """Return what stands under the name, not verified, if it begins with ``head``; None otherwise."""
        try:
            descriptor = os.open(self.layout.object_path(oid), _OPEN_FLAGS)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _PEEK_LIMIT:
                return None
            data = os.read(descriptor, len(head))
            if data != head:
                return None
            while more := os.read(descriptor, status.st_size):
                data += more
            return data
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def protect(self, oid: ObjectId, status: os.stat_result) -> None:
        """Make the object read-only, if it is not and it is ours: another tool may have copied it here."""
        if status.st_mode & 0o222:
            with suppress(OSError):
                os.chmod(self.layout.object_path(oid), MODE)

    def quarantine(self, oid: ObjectId) -> str | None:
        """Move the object's file out of the way; return where it is now, None if it cannot be moved."""
        return self.layout.set_aside(self.layout.object_path(oid))

    def reject(self, oid: ObjectId) -> NoReturn:
        """Quarantine an object that turned out to be wrong, and raise ``ObjectCorrupt`` about it."""
        raise ObjectCorrupt(oid, self.layout.root, self.quarantine(oid))

    def remove(self, oid: ObjectId) -> None:
        """Remove the object, if it is there."""
        self.layout.remove(self.layout.object_path(oid))

    def may_clone(self, device: int) -> bool:
        """Say whether it is worth trying to share blocks with files on this device."""
        return self._reflinks.get(device, True)

    def cannot_clone(self, device: int) -> None:
        """Remember that blocks cannot be shared with files on this device."""
        self._reflinks[device] = False
