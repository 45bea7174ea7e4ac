"""Directories that are held open, so that what is written or removed by a name from a record stays below a root.

A path that was looked at leads elsewhere once somebody exchanges a directory on it for a link; an open directory stays
the one that it is. So each is opened from the one above it, no link is followed, and names are used in what was opened.
What is written there is for ``atomic``, ``build`` and ``restore``.
"""

import os
import stat
from contextlib import suppress
from typing import Final, NamedTuple, Self

from pivot_cache.errors import ThroughLink

_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Spot(NamedTuple):
    """A name in an open directory; ``path`` is what messages call it."""

    directory: int
    name: str
    path: str


class Enclosure:
    """Opens directories below ``root``; without one, any directory, as the caller names it.

    The one that was opened last stays open, as most paths come directory by directory. ``durable`` flushes the names
    of directories that are made. As a context manager it closes what is open.
    """

    def __init__(self, root: str | os.PathLike[str] | None = None, *, durable: bool = False) -> None:
        self._root = None if root is None else os.fspath(root)
        self._durable = durable
        self._open = ""
        self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spot(self, path: str, *, make: bool = False) -> Spot:
        """Return a path as a name in its open directory, which stays so until another is asked for; see ``enter``."""
        above, name = os.path.split(path)
        return Spot(self.enter(above, make=make), name, path)

    def enter(self, path: str, *, make: bool = False) -> int:
        """Open a directory below the root, or the root itself; with ``make``, what is missing of it is made.

        Raises ``ThroughLink`` if a link stands on the way, ``OSError``, and ValueError for a path that is not below.
        """
        if self._descriptor < 0 or path != self._open:
            self.close()
            self._descriptor = self._walk(path, make)
            self._open = path
        return self._descriptor

    def close(self) -> None:
        """Close what is open. The enclosure can be used again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _walk(self, path: str, make: bool) -> int:
        if self._root is None:
            if make:
                os.makedirs(path, exist_ok=True)
            return os.open(path or ".", _FLAGS)
        root = self._root.rstrip("/")
        names = path.removeprefix(root).split("/")
        if (path != root and not path.startswith(f"{root}/")) or ".." in names:
            raise ValueError(f"{path} is not below {root}")
        descriptor = os.open(self._root, _FLAGS)
        here = root
        for name in filter(None, names):
            here = f"{here}/{name}"
            try:
                below = self._step(Spot(descriptor, name, here), make)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _step(self, spot: Spot, make: bool) -> int:
        try:
            return open_below(spot)
        except FileNotFoundError:
            if not make:
                raise
        with suppress(FileExistsError):  # another process was faster
            os.mkdir(spot.name, dir_fd=spot.directory)
        if self._durable:
            os.fsync(spot.directory)
        return open_below(spot)


def open_below(spot: Spot) -> int:
    """Open the directory of this name. Raises ``ThroughLink`` for a link, and ``OSError``."""
    try:
        return os.open(spot.name, _FLAGS | os.O_NOFOLLOW, dir_fd=spot.directory)
    except OSError:  # of a link the systems say ELOOP, EMLINK or ENOTDIR
        with suppress(OSError):
            if stat.S_ISLNK(os.stat(spot.name, dir_fd=spot.directory, follow_symlinks=False).st_mode):
                raise ThroughLink(spot.path) from None
        raise


def remove(spot: Spot) -> None:
    """Remove a file or a link, or a directory with all that is in it; no link is followed. Raises ``OSError``."""
    directory, name, path = spot
    if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=directory)
        return
    opened = open_below(spot)
    try:
        for below in os.listdir(opened):
            remove(Spot(opened, below, f"{path}/{below}"))
    finally:
        os.close(opened)
    os.rmdir(name, dir_fd=directory)
