"""How the workspace looks now: what is at a path, by stat where stat is enough.

One scan answers for one round of decisions: it looks at each path once, so its answers agree with each other; take a
new one for the next look, or ``forget`` a path. A directory is a Merkle tree, remembered one level at a time: one
changed file among 20,000 is one hash. What may be read, and what a difference means, is for the caller to say.
"""

import os
import stat
from typing import Final, NamedTuple

from pivot_cache.content import DIRECTORY, EXECUTABLE, FILE, LINK, Content, ObjectId
from pivot_cache.errors import LinkLeaves, SourceChanged, SourceError, SourceMissing, TreeTooDeep, UnsupportedFile
from pivot_cache.hashing import file_type, hash_bytes, hash_descriptor, open_file, source_error
from pivot_cache.leftovers import is_temporary
from pivot_cache.level import Level, Summary, is_object_path, look, pack_files, pack_head, read_files, read_head, sign
from pivot_cache.memo import Memo
from pivot_cache.stamp import DISTRUST, RACY_NS, STAMP, STAMP_SIZE, Clock, clock, is_settled, stamp
from pivot_cache.state import State
from pivot_cache.tree import DEPTH_LIMIT, TreeEntry, format_tree, link_rise, sort_entries, total_size

_NEVER: Final = bytes(STAMP_SIZE)  # the stamp of no file
_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Seen(NamedTuple):
    """What the answers of a scan rest on, by absolute paths: files with their stamps, directories with the digests of
    their trees, paths where nothing was, and files that were too fresh for a stamp to tell, with what was in them."""

    files: dict[str, bytes]
    directories: dict[str, ObjectId]
    absent: list[str]
    fresh: dict[str, Content]


type Levels = dict[str, tuple[TreeEntry, ...]]
"""The entries of directories by their absolute paths, each in the order of its tree."""


class Scan:
    """What is where, now. Without a state every file is read; with one, only those whose stamp is new.

    ``clock`` gives the time in ns since the epoch; tests put their own in.
    """

    def __init__(self, state: State | None = None, *, clock: Clock = clock) -> None:
        self._state = state
        self._clock = clock
        self._files = Memo(state, "file")
        self._known: dict[str, Content | None] = {}
        self._stamps: dict[str, bytes | None] = {}
        self._linked = 0  # directories with links in them, so far
        self._own: set[str] = set()
        self._below: dict[str, set[str]] = {}  # the known paths in a directory, and what leads to others

    def content(self, path: str | os.PathLike[str]) -> Content | None:
        """Return what is at the path, None if nothing is. A symbolic link at the path itself is followed.

        Raises a ``SourceError`` for what cannot be kept or read: see the errors' tree.
        """
        known = self._known
        if path in known:
            return known[path]
        name = os.path.abspath(path)
        if name in known:
            return known[name]
        return self._keep(name, self._look(name))

    def digest(self, path: str | os.PathLike[str]) -> ObjectId | None:
        """Return the digest of the file at the path; None if there is none, or it is a directory."""
        content = self.content(path)
        return None if content is None or content.kind == DIRECTORY else content.digest

    def levels(self, path: str | os.PathLike[str]) -> Levels:
        """Return the entries of the directory at the path and of all below.

        Raises what ``content`` raises, and ``SourceMissing``.
        """
        levels: Levels = {}
        self._walk_from(os.path.abspath(path), levels)
        return levels

    def is_own(self, path: str | os.PathLike[str]) -> bool:
        """Say whether the last look at a directory found each file below to be its own: nowhere a link of any kind."""
        return os.path.abspath(path) in self._own

    def mark(self, path: str | os.PathLike[str]) -> None:
        """Put a file into ``seen`` that the caller is about to read by itself; ``path`` is absolute.

        One that is missing, or cannot be read, is seen as what has to be looked at again.
        """
        name = os.fspath(path)
        self._drop(name)
        now = self._clock()
        try:
            status = os.stat(name)
            if is_settled(status, now):
                self._stamps[name] = stamp(status)
            else:
                self.content(name)
        except (OSError, SourceError):
            self._stamps[name] = _NEVER

    def seen(self) -> Seen:
        """Return all that the answers so far rest on: while it is as it was, a new scan would give the same answers."""
        files = {path: fact for path, fact in self._stamps.items() if fact is not None}
        directories = {path: it.digest for path, it in self._known.items() if it is not None and it.kind == DIRECTORY}
        fresh = {path: it for path, it in self._known.items() if it is not None and self._stamps.get(path, b"") is None}
        return Seen(files, directories, [path for path, it in self._known.items() if it is None], fresh)

    def forget(self, path: str | os.PathLike[str]) -> None:
        """Look again when asked next about this path, about what is below it and about the directories above it."""
        name = os.path.abspath(path)
        self._forget_below(name)
        while True:
            self._drop(name)
            parent = os.path.dirname(name)
            if parent == name:
                return
            name = parent

    def distrust(self, path: str | os.PathLike[str]) -> None:
        """Forget also what the state remembers of the path and all below: the next scan reads every byte."""
        self.forget(path)
        name = os.path.abspath(path)
        if self._state is None:
            return
        self._state.put(DISTRUST, b"", os.urandom(8))
        self._state.put("file", os.fsencode(name), b"")
        for directory, _, _ in os.walk(name):
            for space in ("level", "files"):
                self._state.put(space, os.fsencode(directory), b"")

    def _forget_below(self, path: str) -> None:
        for below in self._below.pop(path, ()):
            self._drop(below)
            self._forget_below(below)

    def _drop(self, path: str) -> None:
        self._known.pop(path, None)
        self._stamps.pop(path, None)
        self._own.discard(path)

    def _keep(self, path: str, content: Content | None) -> Content | None:
        """Remember an answer, and where it is: a run forgets a few paths for each of thousands of stages."""
        self._known[path] = content
        while True:
            parent = os.path.dirname(path)
            siblings = self._below.setdefault(parent, set())
            if path in siblings or parent == path:
                return content
            siblings.add(path)
            path = parent

    def _look(self, path: str) -> Content | None:
        now = self._clock()
        try:
            status = os.stat(path)
        except OSError as error:
            problem = source_error(path, error)
            if isinstance(problem, SourceMissing):
                return None
            raise problem from None
        if stat.S_ISDIR(status.st_mode):
            summary = self._walk_from(path, None)
            return Content(DIRECTORY, summary.digest, summary.size)
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedFile(path, file_type(status.st_mode))
        key = os.fsencode(path)
        fact = stamp(status)
        digest = self._files.find(key, fact)
        if digest is None:
            descriptor = open_file(path)
            try:
                digest, status = hash_descriptor(descriptor, path)
            finally:
                os.close(descriptor)
            if is_settled(status, now):
                self._files.note(key, stamp(status), digest)
                self._stamps[path] = stamp(status)
            else:
                self._stamps[path] = None
        else:
            self._stamps[path] = fact
        return Content(EXECUTABLE if status.st_mode & 0o100 else FILE, digest, status.st_size)

    def _walk_from(self, path: str, levels: Levels | None) -> Summary:
        descriptor = open_directory(path)
        linked = self._linked
        try:
            summary = self._walk(descriptor, path, 0, levels)
        finally:
            os.close(descriptor)
        if self._linked == linked:
            self._own.add(path)
        else:
            self._own.discard(path)
        if summary.rise > 0:
            raise _find_leaving(path, 0) or SourceChanged(path)
        return summary

    def _walk(self, descriptor: int, path: str, depth: int, levels: Levels | None) -> Summary:
        """Summarize a directory; put its entries, and those of all below, into ``levels`` if it is given."""
        if depth > DEPTH_LIMIT:
            raise TreeTooDeep(path, DEPTH_LIMIT)
        now = self._clock()
        level = look(descriptor, path)
        self._linked += level.linked
        below = [self._walk_below(descriptor, path, name, depth + 1, levels) for name in level.directories]
        signature = sign(level, below)
        key = os.fsencode(path)
        if self._state is not None and levels is None:
            summary = read_head(self._state.get("level", key), signature)
            if summary is not None:
                return summary
        found, unchanged = self._read(descriptor, path, level, now)
        rise = max((summary.rise - 1 for summary in below), default=0)
        for name, summary in zip(level.directories, below, strict=True):
            found.append(TreeEntry(name, DIRECTORY, summary.digest, summary.size))
        for name, target in level.links:
            climb = link_rise(target)
            if climb is None or climb > depth:
                raise LinkLeaves(os.path.join(path, name), target)
            rise = max(rise, climb)
            text = os.fsencode(target)
            found.append(TreeEntry(name, LINK, hash_bytes(text), len(text)))
        found = sort_entries(found)
        summary = Summary(hash_bytes(format_tree(found)), total_size(found), max(rise, 0))
        if self._state is not None and unchanged and level.newest <= now - RACY_NS:
            self._state.put("level", key, pack_head(signature, summary))
        if levels is not None:
            levels[path] = tuple(found)
        return summary

    def _walk_below(self, descriptor: int, path: str, name: str, depth: int, levels: Levels | None) -> Summary:
        below = os.path.join(path, name)
        opened = open_directory(below, name=name, directory=descriptor)
        try:
            return self._walk(opened, below, depth, levels)
        finally:
            os.close(opened)

    def _read(self, descriptor: int, path: str, level: Level, now: int) -> tuple[list[TreeEntry], bool]:
        """Return the plain files of a level as entries, hashing those that are new; and whether all were as stamped."""
        key = os.fsencode(path)
        old = {} if self._state is None else read_files(self._state.get("files", key))
        facts: dict[str, bytes] = {}
        found: list[TreeEntry] = []
        unchanged = True
        horizon = now - RACY_NS
        for name, seen in zip(level.names, level.stamps, strict=True):
            fact = old.get(name)
            if fact is None or not fact.startswith(seen):
                if is_temporary(name):
                    continue
                digest, status = _hash_entry(descriptor, path, name, name in level.followed)
                fact = stamp(status) + bytes.fromhex(digest)
                unchanged = unchanged and fact.startswith(seen)
            mode, size, modified, changed, _, _ = STAMP.unpack_from(fact)
            found.append(TreeEntry(name, EXECUTABLE if mode & 0o100 else FILE, ObjectId(fact[STAMP_SIZE:].hex()), size))
            if modified <= horizon and changed <= horizon:
                facts[name] = fact
        if self._state is not None and facts != old:
            self._state.put("files", key, pack_files(facts))
        return found, unchanged


def open_directory(path: str, *, name: str | None = None, directory: int | None = None) -> int:
    """Open a directory; the errors are those of ``Scan.content``, and ``SourceMissing``.

    With ``directory`` (a descriptor) and ``name``, the one of that name there, no link; ``path`` is for messages.
    """
    try:
        if name is None:
            return os.open(path, _DIRECTORY_FLAGS)
        return os.open(name, _DIRECTORY_FLAGS | os.O_NOFOLLOW, dir_fd=directory)
    except OSError as error:
        problem = source_error(path, error)
        raise (SourceChanged(path) if name and isinstance(problem, SourceMissing) else problem) from None


def _hash_entry(descriptor: int, path: str, name: str, follow: bool) -> tuple[ObjectId, os.stat_result]:
    where = os.path.join(path, name)
    try:
        opened = open_file(where, follow=follow, name=name, directory=descriptor)
    except SourceMissing:
        raise SourceChanged(where) from None
    try:
        return hash_descriptor(opened, where)
    finally:
        os.close(opened)


def _find_leaving(path: str, depth: int) -> LinkLeaves | None:
    """Find the link that climbs out; what was remembered only says that there is one."""
    with os.scandir(path) as found:
        for entry in found:
            if entry.is_symlink():
                target = os.readlink(entry.path)
                climb = link_rise(target)
                if (climb is None or climb > depth) and not is_object_path(target):
                    return LinkLeaves(entry.path, target)
            elif entry.is_dir(follow_symlinks=False):
                leaving = _find_leaving(entry.path, depth + 1)
                if leaving is not None:
                    return leaving
    return None
