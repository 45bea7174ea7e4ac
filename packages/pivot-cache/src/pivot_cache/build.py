"""A content made at a path where nothing is yet: every byte verified on its way out of the store.

Trees come from anywhere, so a file is only ever created, never opened, and a link that would leave the directory is
refused. Where the path is, and what takes its name, is for ``restore``.
"""

import os
from typing import Final

from pivot_cache.atomic import CREATE_FLAGS, disk, disk_error, write_all
from pivot_cache.content import DIRECTORY, EXECUTABLE, LINK, Content, Mode, ObjectId
from pivot_cache.errors import InvalidTree
from pivot_cache.hashing import LARGE
from pivot_cache.objects import Objects
from pivot_cache.tree import DEPTH_LIMIT, ENTRY_LIMIT, TreeEntry, link_rise, total_size

_TARGET_LIMIT: Final = 4096
_FILE_BITS: Final = 0o666  # less the umask, as for any new file
_EXECUTABLE_BITS: Final = 0o777


class Build:
    """Makes contents, at most ``ENTRY_LIMIT`` entries in all: a small tree can name one directory very often."""

    def __init__(self, objects: Objects, mode: Mode) -> None:
        self._objects = objects
        self._mode = mode
        self._count = 0

    def make(self, content: Content | TreeEntry, path: str, depth: int) -> None:
        """Make the content at the path, ``depth`` directories below the one that is restored.

        Raises ``ObjectMissing``, ``ObjectCorrupt``, ``InvalidTree`` and ``DiskError``, and leaves what it made so far.
        """
        self._count += 1
        if self._count > ENTRY_LIMIT:
            raise InvalidTree("", self._objects.layout.root, f"it has more than {ENTRY_LIMIT} entries")
        if content.kind == DIRECTORY:
            entries = self.tree(content, depth)
            with disk("make", path):
                os.mkdir(path)
            for entry in entries:
                self.make(entry, f"{path}/{entry.name}", depth + 1)
        elif content.kind == LINK:
            self._make_link(content, path, depth)
        else:
            self._make_file(content, path)

    def tree(self, directory: Content | TreeEntry, depth: int) -> tuple[TreeEntry, ...]:
        """Return the entries of a directory; it must not be too deep, and sizes must add up to what it says itself."""
        entries = self._objects.tree(directory.digest)
        if depth > DEPTH_LIMIT:
            raise self._invalid(directory.digest, f"it is more than {DEPTH_LIMIT} directories deep")
        if total_size(entries) != directory.size:
            raise self._invalid(directory.digest, "its size is not that of its files")
        return entries

    def _make_link(self, content: Content | TreeEntry, path: str, depth: int) -> None:
        if content.size > _TARGET_LIMIT:
            raise self._invalid(content.digest, "the target of a link is too long")
        target = os.fsdecode(self._objects.read(content.digest, content.size))
        climb = link_rise(target)
        if climb is None or climb > max(depth - 1, 0):  # the directory of a link is one level above it
            raise self._invalid(content.digest, f"a link to {target!a} leaves the directory")
        with disk("make", path):
            os.symlink(target, path)

    def _make_file(self, content: Content | TreeEntry, path: str) -> None:
        linked = self._mode in ("hardlink", "symlink") and content.kind != EXECUTABLE  # an object is not executable
        if not linked and content.size < LARGE:
            data = self._objects.read(content.digest, content.size)
            try:
                target = os.open(path, CREATE_FLAGS, _EXECUTABLE_BITS if content.kind == EXECUTABLE else _FILE_BITS)
                try:
                    write_all(target, data)
                finally:
                    os.close(target)
            except OSError as error:
                raise disk_error("write", path, error) from None
            return
        source, status = self._objects.open(content.digest)
        try:
            self._check_size(content, status)
            if not (linked and self._link(content.digest, path, status)):
                self._copy_large(content, path, source, status)
        finally:
            os.close(source)

    def _link(self, oid: ObjectId, path: str, status: os.stat_result) -> bool:
        """Make the path be the object itself; False if this file system cannot, or has enough links to it."""
        self._verify(oid, status)
        self._objects.protect(oid, status)
        object_path = self._objects.layout.object_path(oid)
        if self._mode == "symlink":
            with disk("make", path):
                os.symlink(object_path, path)
            return True
        try:
            os.link(object_path, path)
        except OSError:
            return False
        return True

    def _copy_large(self, content: Content | TreeEntry, path: str, source: int, status: os.stat_result) -> None:
        """Clone a large file, whose bytes are then hashed unless they bear a mark, or copy it through the hash."""
        from pivot_cache.bulk import READ_WRITE_FLAGS, clone, copy_hashed  # lazy: threads, which others do not need

        with disk("write", path):
            bits = _EXECUTABLE_BITS if content.kind == EXECUTABLE else _FILE_BITS
            target = os.open(path, READ_WRITE_FLAGS, bits)
            try:
                device = os.fstat(target).st_dev
                if self._mode == "reflink" and self._objects.may_clone(device):
                    if clone(source, target):
                        self._verify(content.digest, status)
                        return
                    self._objects.cannot_clone(device)
                digest, _ = copy_hashed(source, target, status.st_size)
            finally:
                os.close(target)
        if digest != content.digest:
            self._objects.reject(content.digest)

    def _verify(self, oid: ObjectId, status: os.stat_result) -> None:
        if not self._objects.is_marked(oid, status) and not self._objects.verify(oid):
            self._objects.reject(oid)

    def _check_size(self, content: Content | TreeEntry, status: os.stat_result) -> None:
        """Compare the size that is said with that of the object: one of the two is wrong."""
        if status.st_size == content.size:
            return
        if not self._objects.verify(content.digest):
            self._objects.reject(content.digest)
        raise self._objects.contradict(content.digest, content.size)

    def _invalid(self, oid: str, reason: str) -> InvalidTree:
        return InvalidTree(oid, self._objects.layout.root, reason)
