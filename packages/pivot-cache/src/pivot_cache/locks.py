"""Locks between processes that the kernel frees when their holder dies: ``flock`` on a file.

Nothing can go stale. The descriptor is closed on exec. A child that was forked meanwhile keeps it, and with it the lock
if the parent dies, until the child calls ``close``; it cannot give back what its parent holds. Which files to lock, and
in which order to wait, is the caller's business.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from pivot_cache.atomic import disk
from pivot_cache.enclosure import Enclosure
from pivot_cache.errors import LockTimeout

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_FIRST_WAIT: Final = 0.002
_LONGEST_WAIT: Final = 0.1


class FileLock:
    """A lock file, shared or exclusive. The file is made when first locked, and stays.

    ``within`` is a directory above it: below it no link is followed, and what is missing on the way is made.
    As a context manager it waits for the exclusive lock, without a limit. Errors of the disk are ``DiskError``, a link
    on the way is ``ThroughLink``.
    """

    def __init__(self, path: str | os.PathLike[str], *, within: str | os.PathLike[str] | None = None) -> None:
        self.path = os.fspath(path)
        self._within = within
        self._descriptor: int | None = None
        self._process = 0

    @property
    def held(self) -> bool:
        """Whether this object holds the lock now."""
        return self._descriptor is not None

    def try_lock(self, exclusive: bool = True) -> bool:
        """Take the lock if it is free; never wait. One that is held already changes to the kind that is asked for."""
        with disk("lock", self.path):
            descriptor = self._descriptor
            if descriptor is None:
                with Enclosure(self._within) as inside:
                    directory, name, _ = inside.spot(self.path, make=self._within is not None)
                    descriptor = os.open(name, _FLAGS, 0o666, dir_fd=directory)
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                # A conversion that fails has dropped the old lock (flock(2)), so nothing is held either way.
                os.close(descriptor)
                self._descriptor = None
                return False
            except OSError:
                os.close(descriptor)
                self._descriptor = None
                raise
            self._descriptor = descriptor
            self._process = os.getpid()
            return True

    def lock(self, exclusive: bool = True, *, timeout: float | None = None) -> None:
        """Wait for the lock; raise ``LockTimeout`` after ``timeout`` seconds, if given."""
        wait_for([self], exclusive=exclusive, timeout=timeout)

    def unlock(self) -> None:
        """Give the lock back. Not holding it is no error."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if self._process == os.getpid():  # Closing alone would leave it to a child that has the descriptor too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    close = unlock

    def __enter__(self) -> Self:
        self.lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unlock()


def try_all(locks: Sequence[FileLock], *, exclusive: bool | Sequence[bool] = True) -> FileLock | None:
    """Take all locks without waiting, or none: return the first that was not free, None if all are held now.

    ``exclusive`` is one word for all, or one for each. As nobody waits while holding anything, there is no deadlock.
    """
    kinds = [exclusive] * len(locks) if isinstance(exclusive, bool) else exclusive
    for index, (lock, kind) in enumerate(zip(locks, kinds, strict=True)):
        taken = False
        try:
            taken = lock.try_lock(kind)
        finally:
            if not taken:
                for held in locks[:index]:
                    held.unlock()
        if not taken:
            return lock
    return None


def wait_for(
    locks: Sequence[FileLock], *, exclusive: bool | Sequence[bool] = True, timeout: float | None = None
) -> None:
    """Take all locks, waiting without holding any; raise ``LockTimeout`` about the one in the way."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_WAIT
    while (busy := try_all(locks, exclusive=exclusive)) is not None:
        if deadline is not None and time.monotonic() >= deadline:
            raise LockTimeout(busy.path, timeout or 0.0)
        time.sleep(pause if deadline is None else min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_WAIT)
