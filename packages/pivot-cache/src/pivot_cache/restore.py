"""From the store into the workspace: built aside, then put in place by a rename.

In a directory that is there, only the entries that differ are touched, after a plan showed that nothing is lost that
the caller did not name. Whether something in the workspace may go at all is the caller's decision; bytes are for
``build``.
"""

import errno
import os
import stat
from contextlib import suppress
from typing import NamedTuple

from pivot_cache.atomic import disk, disk_error
from pivot_cache.build import Build
from pivot_cache.content import DIRECTORY, Content, Mode
from pivot_cache.enclosure import Enclosure, Spot, remove
from pivot_cache.errors import CacheError, DiskError, ObjectError, Occupied
from pivot_cache.leftovers import sweep_once, temporary_name
from pivot_cache.level import is_object_path
from pivot_cache.objects import Objects
from pivot_cache.scan import Levels, Scan
from pivot_cache.tree import TreeEntry

__all__ = ["Mode", "Restore"]

type _Named = dict[str, TreeEntry]
"""What the caller knows to be in a directory, and lets go."""


class _Steps(NamedTuple):
    """What a directory needs: what goes (what is deepest first), and what is written, with its depth."""

    remove: list[tuple[str, str]]
    write: list[tuple[TreeEntry, str, int]]


class Restore:
    """One restore. ``scan`` says what is at a path now; below ``within`` no link is followed on the way to it."""

    def __init__(self, objects: Objects, mode: Mode, scan: Scan, within: str | None = None) -> None:
        self._objects = objects
        self._build = Build(objects, mode)
        self._scan = scan
        self._inside = Enclosure(within)
        self._aside = Enclosure(objects.layout.root)
        self._beside = False

    def __call__(self, content: Content, path: str, replace: Content | None) -> bool:
        """Make the absolute path be this content; see ``LocalStore.restore``."""
        try:
            return self._restore(content, path, replace)
        finally:
            self.close()
            self._scan.forget(path)

    def close(self) -> None:
        """Close the directories that are open."""
        self._inside.close()
        self._aside.close()

    def _restore(self, content: Content, path: str, replace: Content | None) -> bool:
        try:
            kind = stat.S_IFMT(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            kind = 0
        except OSError as error:
            raise disk_error("read", path, error) from None
        if kind == 0:
            parent = os.path.dirname(path)
            with disk("make", parent):
                self._inside.enter(parent, make=True)
            self.write(content, path, 0)
            return True
        current = self._scan.content(path)
        if current == content:
            return False
        if replace is not None and current is not None and current != replace:
            raise Occupied(path)
        if kind == stat.S_IFDIR:
            self._change_directory(content, path, replace)
        elif content.kind == DIRECTORY:
            self._swap(content, path)
        else:
            self.write(content, path, 0)
        return True

    # A directory that is there ----------------------------------------------------------------------------------------

    def _change_directory(self, content: Content, path: str, replace: Content | None) -> None:
        steps = _Steps([], [])
        levels = self._scan.levels(path)
        if content.kind == DIRECTORY:
            self._plan(content, path, 0, self._named(replace), levels, steps)
        elif replace is None:
            raise Occupied(path)
        else:
            for here in levels[path]:
                self._let_go(here, path, self._named(replace), levels, steps)
            steps.remove.append((path, DIRECTORY))
        for gone, kind in steps.remove:
            with disk("remove", gone):
                spot = self._inside.spot(gone)
                (os.rmdir if kind == DIRECTORY else os.unlink)(spot.name, dir_fd=spot.directory)
        for entry, where, depth in steps.write:
            self.write(entry, where, depth)
        if content.kind != DIRECTORY:
            self.write(content, path, 0)

    def _named(self, replace: Content | TreeEntry | None) -> _Named:
        """Return the entries that the caller lets go; none, if the store cannot say which they are."""
        if replace is None or replace.kind != DIRECTORY:
            return {}
        try:
            return {entry.name: entry for entry in self._objects.tree(replace.digest)}
        except ObjectError:
            return {}

    def _plan(
        self, content: Content | TreeEntry, path: str, depth: int, named: _Named, levels: Levels, steps: _Steps
    ) -> None:
        """Plan how the directory at the path becomes the content; raise ``Occupied`` if it cannot without a loss."""
        current = {entry.name: entry for entry in levels[path]}
        for entry in self._build.tree(content, depth):
            here = current.pop(entry.name, None)
            where = os.path.join(path, entry.name)
            if here == entry:
                continue
            if here is None:
                if os.path.lexists(where) and not _is_dead_object(where):
                    raise Occupied(where)
            elif here.kind == DIRECTORY and entry.kind == DIRECTORY:
                self._plan(entry, where, depth + 1, self._named(named.get(entry.name)), levels, steps)
                continue
            elif here.kind != DIRECTORY and entry.kind != DIRECTORY:
                if named.get(here.name) != here:
                    raise Occupied(where)  # else the rename takes its place
            else:
                self._let_go(here, path, named, levels, steps)
            steps.write.append((entry, where, depth + 1))
        for here in current.values():
            self._let_go(here, path, named, levels, steps)

    def _let_go(self, here: TreeEntry, path: str, named: _Named, levels: Levels, steps: _Steps) -> None:
        """Plan that an entry of the directory at the path is removed, if the caller named it."""
        where = os.path.join(path, here.name)
        if here.kind == DIRECTORY and here.name in named:
            below = self._named(named[here.name])
            for entry in levels[where]:
                self._let_go(entry, where, below, levels, steps)
        elif named.get(here.name) != here:
            raise Occupied(where)
        steps.remove.append((where, here.kind))

    # In place by a rename ---------------------------------------------------------------------------------------------

    def _swap(self, content: Content, path: str) -> None:
        """Put a directory where a file or a link is; it is built before, so the path is empty only for a moment."""
        with disk("write", path):
            spot = self._inside.spot(path)
        temporary = self._temporary(spot)
        try:
            self._build.make(content, temporary, 0)
            with disk("remove", path):
                os.unlink(spot.name, dir_fd=spot.directory)
            if not self._rename(temporary, spot):
                self.write(content, path, 0)
        finally:
            _remove_quietly(temporary)

    def write(self, content: Content | TreeEntry, path: str, depth: int) -> None:
        """Build a content aside and give it its name, at once."""
        with disk("write", path):
            spot = self._inside.spot(path)
        temporary = self._temporary(spot)
        try:
            self._build.make(content, temporary, depth)
            if self._rename(temporary, spot):
                return
        except BaseException:
            _remove_quietly(temporary)
            raise
        _remove_quietly(temporary)
        self.write(content, path, depth)

    def _temporary(self, spot: Spot) -> Spot:
        """Return a spot for a temporary, on the same file system; messages call it what it will be.

        That is in the store, where what a crash leaves is found and removed, or else beside.
        """
        if not self._beside:
            try:
                temporary = self._aside.spot(self._objects.layout.temporary())
                if os.fstat(spot.directory).st_dev == os.fstat(temporary.directory).st_dev:
                    return temporary._replace(path=spot.path)
            except (OSError, DiskError):
                self._beside = True  # a cache that can only be read
        sweep_once(os.path.dirname(spot.path))
        return spot._replace(name=temporary_name())

    def _rename(self, temporary: Spot, spot: Spot) -> bool:
        """Give the temporary its name; False if it must be built beside it, as for one disk mounted twice."""
        try:
            os.rename(temporary.name, spot.name, src_dir_fd=temporary.directory, dst_dir_fd=spot.directory)
        except OSError as error:
            if error.errno == errno.EXDEV and not self._beside:
                self._beside = True
                return False
            raise disk_error("write", spot.path, error) from None
        return True


def _remove_quietly(temporary: Spot) -> None:
    """Remove a temporary if it is there; what cannot be removed is left over, and found later."""
    with suppress(OSError, CacheError):
        remove(temporary)


def _is_dead_object(path: str) -> bool:
    """Say whether the path is a link that a restore made, to an object that is gone."""
    try:
        return is_object_path(os.readlink(path)) and not os.path.exists(path)
    except OSError:
        return False
