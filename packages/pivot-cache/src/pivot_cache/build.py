"""A content made under a name where nothing is yet: every byte verified on its way out of the store.

Trees come from anywhere, so a file is only ever created, never opened, a link that would leave the directory is
refused, and each directory is held open while it is filled. Where the name is, and what takes its place, is for
``restore``.
"""

import os
from collections.abc import Sequence
from typing import Final

from pivot_cache.atomic import CREATE_FLAGS, disk, disk_error, write_all
from pivot_cache.content import DIRECTORY, EXECUTABLE, LINK, Content, Mode, ObjectId
from pivot_cache.enclosure import Spot, open_below
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

    def make(self, content: Content | TreeEntry, spot: Spot, depth: int) -> None:
        """Make the content at the spot, ``depth`` directories below the one that is restored.

        Raises ``ObjectMissing``, ``ObjectCorrupt``, ``InvalidTree`` and ``DiskError``, and leaves what it made so far.
        """
        self._count += 1
        if self._count > ENTRY_LIMIT:
            raise InvalidTree("", self._objects.layout.root, f"it has more than {ENTRY_LIMIT} entries")
        if content.kind == DIRECTORY:
            self._make_directory(self.tree(content, depth), spot, depth)
        elif content.kind == LINK:
            self._make_link(content, spot, depth)
        else:
            self._make_file(content, spot)

    def tree(self, directory: Content | TreeEntry, depth: int) -> tuple[TreeEntry, ...]:
        """Return the entries of a directory; it must not be too deep, and sizes must add up to what it says itself."""
        entries = self._objects.tree(directory.digest)
        if depth > DEPTH_LIMIT:
            raise self._invalid(directory.digest, f"it is more than {DEPTH_LIMIT} directories deep")
        if total_size(entries) != directory.size:
            raise self._invalid(directory.digest, "its size is not that of its files")
        return entries

    def _make_directory(self, entries: Sequence[TreeEntry], spot: Spot, depth: int) -> None:
        path = spot.path
        with disk("make", path):
            os.mkdir(spot.name, dir_fd=spot.directory)
            opened = open_below(spot)
        try:
            for entry in entries:
                self.make(entry, Spot(opened, entry.name, f"{path}/{entry.name}"), depth + 1)
        finally:
            os.close(opened)

    def _make_link(self, content: Content | TreeEntry, spot: Spot, depth: int) -> None:
        if content.size > _TARGET_LIMIT:
            raise self._invalid(content.digest, "the target of a link is too long")
        target = os.fsdecode(self._objects.read(content.digest, content.size))
        climb = link_rise(target)
        if climb is None or climb > max(depth - 1, 0):  # the directory of a link is one level above it
            raise self._invalid(content.digest, f"a link to {target!a} leaves the directory")
        with disk("make", spot.path):
            os.symlink(target, spot.name, dir_fd=spot.directory)

    def _make_file(self, content: Content | TreeEntry, spot: Spot) -> None:
        linked = self._mode in ("hardlink", "symlink") and content.kind != EXECUTABLE  # an object is not executable
        if not linked and content.size < LARGE:
            data = self._objects.read(content.digest, content.size)
            try:
                bits = _EXECUTABLE_BITS if content.kind == EXECUTABLE else _FILE_BITS
                target = os.open(spot.name, CREATE_FLAGS, bits, dir_fd=spot.directory)
                try:
                    write_all(target, data)
                finally:
                    os.close(target)
            except OSError as error:
                raise disk_error("write", spot.path, error) from None
            return
        source, status = self._objects.open(content.digest)
        try:
            self._check_size(content, status)
            if not (linked and self._link(content.digest, spot, status)):
                self._copy_large(content, spot, source, status)
        finally:
            os.close(source)

    def _link(self, oid: ObjectId, spot: Spot, status: os.stat_result) -> bool:
        """Make the file be the object itself; False if this file system cannot, or has enough links to it."""
        self._verify(oid, status)
        self._objects.protect(oid, status)
        object_path = self._objects.layout.object_path(oid)
        if self._mode == "symlink":
            with disk("make", spot.path):
                os.symlink(object_path, spot.name, dir_fd=spot.directory)
            return True
        try:
            os.link(object_path, spot.name, dst_dir_fd=spot.directory)
        except OSError:
            return False
        return True

    def _copy_large(self, content: Content | TreeEntry, spot: Spot, source: int, status: os.stat_result) -> None:
        """Clone a large file, whose bytes are then hashed unless they bear a mark, or copy it through the hash."""
        from pivot_cache.bulk import READ_WRITE_FLAGS, clone, copy_hashed  # lazy: threads, which others do not need

        with disk("write", spot.path):
            bits = _EXECUTABLE_BITS if content.kind == EXECUTABLE else _FILE_BITS
            target = os.open(spot.name, READ_WRITE_FLAGS, bits, dir_fd=spot.directory)
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
