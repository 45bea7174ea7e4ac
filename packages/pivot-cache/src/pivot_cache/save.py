"""From the workspace into the store: files hashed while they are copied, then the trees.

A name comes from the bytes that were written, never from an earlier look; only where the store has the bytes already,
and nothing is written, is a scan's stamp enough. All files are flushed and named before any tree is, so a tree names
only stored objects, whenever the power fails. What happens to the temporaries is in ``publish``.
"""

import os
import stat
from collections.abc import Sequence
from typing import Final

from pivot_cache.atomic import disk, remove_quietly
from pivot_cache.content import DIRECTORY, EXECUTABLE, FILE, LINK, Content, ObjectId
from pivot_cache.errors import LinkLeaves, RepositoryInside, SourceChanged, SourceMissing, TreeTooDeep, UnsupportedFile
from pivot_cache.hashing import LARGE, file_type, hash_bytes, hash_descriptor, open_file, source_error
from pivot_cache.leftovers import is_temporary
from pivot_cache.level import Level, look
from pivot_cache.objects import Objects
from pivot_cache.publish import Batch
from pivot_cache.repository import find_repository
from pivot_cache.scan import Levels, Scan, open_directory
from pivot_cache.sync import Meanwhile
from pivot_cache.tree import DEPTH_LIMIT, TreeEntry, format_tree, link_rise, sort_entries, total_size

_TRIES: Final = 3


class Save:
    """One round of keeping: everything that it is given gets its names together, or nothing does."""

    def __init__(self, objects: Objects, scan: Scan | None, meanwhile: Meanwhile = None) -> None:
        self._objects = objects
        self._scan = scan
        self._batch = Batch(objects.layout, meanwhile)
        self._trees: dict[ObjectId, bytes] = {}
        self._good: set[ObjectId] = set()

    def __call__(self, items: Sequence[tuple[str, Content | None]]) -> list[Content]:
        """Keep what is at each absolute path; see ``LocalStore.save_all``."""
        found: list[Content] = []
        with self._batch as batch:
            for path, expected in items:
                content = self._keep(path, expected)
                if expected is not None and content != expected:
                    raise SourceChanged(path)
                found.append(content)
            batch.publish()
            for oid, data in self._trees.items():
                if not self._has(oid, len(data)):
                    batch.add_bytes(oid, data)
            batch.publish()
        return found

    def _keep(self, path: str, expected: Content | None) -> Content:
        try:
            status = os.stat(path)
        except OSError as error:
            raise source_error(path, error) from None
        if stat.S_ISDIR(status.st_mode):
            levels = {} if self._scan is None else self._scan.levels(path)
            return self._keep_directory(open_directory(path), path, 0, levels)
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedFile(path, file_type(status.st_mode))
        known = None if self._scan is None else self._scan.content(path)
        if known is not None and known.kind != DIRECTORY and self._has(known.digest, known.size):
            return known
        return self._keep_file(open_file(path), path, expected)

    def _keep_directory(self, descriptor: int, path: str, depth: int, levels: Levels) -> Content:
        """Keep an open directory, and close it."""
        try:
            if depth > DEPTH_LIMIT:
                raise TreeTooDeep(path, DEPTH_LIMIT)
            level = look(descriptor, path)
            repository = find_repository([*level.names, *level.directories, *(name for name, _ in level.links)])
            if repository is not None:
                raise RepositoryInside(os.path.join(path, repository))
            entries = self._keep_files(descriptor, path, level, levels)
            for name, target in level.links:
                climb = link_rise(target)
                if climb is None or climb > depth:
                    raise LinkLeaves(os.path.join(path, name), target)
                text = os.fsencode(target)
                entries.append(TreeEntry(name, LINK, self._keep_bytes(text), len(text)))
            for name in level.directories:
                below = os.path.join(path, name)
                opened = open_directory(below, name=name, directory=descriptor)
                entries.append(TreeEntry(name, *self._keep_directory(opened, below, depth + 1, levels)))
        finally:
            os.close(descriptor)
        entries = sort_entries(entries)
        data = format_tree(entries)
        oid = hash_bytes(data)
        self._trees.setdefault(oid, data)
        return Content(DIRECTORY, oid, total_size(entries))

    def _keep_files(self, descriptor: int, path: str, level: Level, levels: Levels) -> list[TreeEntry]:
        known = {entry.name: entry for entry in levels.pop(path, ()) if entry.kind in (FILE, EXECUTABLE)}
        entries: list[TreeEntry] = []
        for name in level.names:
            entry = known.pop(name, None)
            if entry is None or not self._has(entry.digest, entry.size):
                if is_temporary(name):
                    continue
                where = f"{path}/{name}"
                try:
                    opened = open_file(where, follow=name in level.followed, name=name, directory=descriptor)
                except SourceMissing:
                    raise SourceChanged(where) from None
                entry = TreeEntry(name, *self._keep_file(opened, where, None))
            entries.append(entry)
        return entries

    def _keep_file(self, descriptor: int, path: str, expected: Content | None) -> Content:
        """Keep an open plain file, and close it. ``expected`` is what it may turn out to be."""
        try:
            for _ in range(_TRIES):
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise UnsupportedFile(path, file_type(status.st_mode))
                kind = EXECUTABLE if status.st_mode & 0o100 else FILE
                digest = self._keep_bytes_of(descriptor, path, status, expected)
                if digest is not None:
                    return Content(kind, digest, status.st_size)
            raise SourceChanged(path)
        finally:
            os.close(descriptor)

    def _keep_bytes_of(
        self, descriptor: int, path: str, status: os.stat_result, expected: Content | None
    ) -> ObjectId | None:
        """Keep an open file of this status; None if it changed meanwhile."""
        size = status.st_size
        if size < LARGE:
            try:
                data = os.pread(descriptor, size + 1, 0)
            except OSError as error:
                raise source_error(path, error) from None
            return self._keep_bytes(data) if len(data) == size else None
        if expected is not None and self._has(expected.digest, size):
            digest, after = hash_descriptor(descriptor, path)
            if digest == expected.digest:
                return digest if after.st_size == size else None
        return self._copy(descriptor, path, status)

    def _keep_bytes(self, data: bytes) -> ObjectId:
        oid = hash_bytes(data)
        if not self._has(oid, len(data)):
            self._batch.add_bytes(oid, data)
        return oid

    def _copy(self, source: int, path: str, status: os.stat_result) -> ObjectId | None:
        """Copy a large file to a temporary and hash that; None if the file changed meanwhile."""
        from pivot_cache.bulk import READ_WRITE_FLAGS, clone, copy_hashed  # lazy: threads, which others do not need
        from pivot_cache.mapped import hash_private

        size = status.st_size
        temporary = self._objects.layout.temporary()
        with disk("write", temporary):
            target = os.open(temporary, READ_WRITE_FLAGS, 0o600)
        kept = False
        try:
            with disk("copy", path):
                if self._objects.may_clone(status.st_dev) and clone(source, target):
                    digest, length = hash_private(target), os.fstat(target).st_size
                else:
                    self._objects.cannot_clone(status.st_dev)
                    digest, length = copy_hashed(source, target, size)
                after = os.fstat(source)
            if length != size or after.st_size != size or after.st_mtime_ns != status.st_mtime_ns:
                return None
            if not self._has(digest, size):
                kept = True
                self._batch.add_temporary(digest, temporary, target)
            return digest
        finally:
            if not kept:
                os.close(target)
                remove_quietly(temporary)

    def _has(self, oid: ObjectId, size: int) -> bool:
        """Say whether the store has the object, or will have it after this round."""
        if oid in self._good or oid in self._batch:
            return True
        if not self._objects.is_good(oid, size):
            return False
        self._good.add(oid)
        return True
