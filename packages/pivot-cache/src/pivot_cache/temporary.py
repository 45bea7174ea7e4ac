"""Where a process writes what has no name yet: a directory of its own, which another process removes if this one dies.

The process holds a ``flock`` on it as long as it lives, so whoever comes next knows what is left over from a crash
without process ids or clocks. Where ``flock`` does not work, what is older than a day goes.
"""

import fcntl
import os
import time
from contextlib import suppress
from itertools import count
from typing import Final, NamedTuple

from pivot_cache.atomic import disk, make_directory
from pivot_cache.leftovers import remove_temporary

_DAY_SECONDS: Final = 86_400
_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Held(NamedTuple):
    """The directory of one process, and the descriptor that keeps it locked."""

    path: str
    descriptor: int


class Temporaries:
    """Hands out paths below ``directory``, whose parent exists. Several threads, and forked children, may use it."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._held: dict[int, _Held] = {}
        self._serial = count()

    def path(self) -> str:
        """Return a fresh path. Raises ``DiskError``."""
        process = os.getpid()
        held = self._held.get(process)
        if held is None:  # A forked child needs a directory of its own: its parent removes what is the parent's.
            with disk("make", self._directory):
                begun = _begin(self._directory)
            held = self._held.setdefault(process, begun)
            if held is not begun:  # another thread was faster
                _end(begun)
        return f"{held.path}/{next(self._serial)}"

    def held(self) -> str | None:
        """Return the directory of this process, if it has one already."""
        held = self._held.get(os.getpid())
        return None if held is None else held.path

    def close(self) -> None:
        """Remove the directory of this process, with what is left in it. The next ``path`` makes another."""
        held = self._held.pop(os.getpid(), None)
        if held is not None:
            _end(held)

    def __del__(self) -> None:
        if getattr(self, "_held", None):
            self.close()


def _begin(directory: str) -> _Held:
    make_directory(directory)
    _sweep(directory)
    while True:
        path = os.path.join(directory, os.urandom(8).hex())
        os.mkdir(path, 0o700)
        descriptor = _hold(path)
        if descriptor is not None:  # else a sweep took it between the two calls
            return _Held(path, descriptor)


def _end(held: _Held) -> None:
    remove_temporary(held.path)
    os.close(held.descriptor)


def _hold(path: str) -> int | None:
    """Lock a directory that was just made; None if it is gone, or a sweep holds it."""
    try:
        descriptor = os.open(path, _DIRECTORY_FLAGS)
    except FileNotFoundError:
        return None
    try:
        with suppress(OSError):  # BlockingIOError aside: no flock here
            if not _try_lock(descriptor):
                os.close(descriptor)
                return None
        if os.path.samestat(os.stat(path), os.fstat(descriptor)):
            return descriptor
    except FileNotFoundError:
        pass
    os.close(descriptor)
    return None


def _sweep(directory: str) -> None:
    """Remove the directories of processes that are gone."""
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        try:
            descriptor = os.open(path, _DIRECTORY_FLAGS)
        except OSError:
            continue
        try:
            over = _try_lock(descriptor)
        except OSError:
            over = time.time() - os.fstat(descriptor).st_mtime > _DAY_SECONDS
        if over:
            remove_temporary(path)
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
