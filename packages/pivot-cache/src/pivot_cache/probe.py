"""What a file system can do, found out by doing it on two small files that are gone afterwards.

For whoever explains a machine to its user; stores try what they need as they go, and do without where it fails.
"""

import fcntl
import os
import time
from contextlib import suppress
from typing import Final, NamedTuple

from pivot_cache.atomic import disk
from pivot_cache.bulk import clone
from pivot_cache.leftovers import temporary_name

_DATA: Final = b"probe" * 1000


class Abilities(NamedTuple):
    """What can be done with files from one directory in another.

    ``same`` says that a file moves by a rename, ``reflink`` and ``hardlink`` how it can share bytes, ``flock`` that a
    lock keeps others out. ``tick`` is how exactly times are kept, in seconds; ``ahead`` by how much the clock of the
    file system is ahead of that of this machine.
    """

    same: bool
    reflink: bool
    hardlink: bool
    flock: bool
    tick: float
    ahead: float


def probe(source: str, target: str) -> Abilities:
    """Say what can be done with a file of the directory ``source`` in the directory ``target``.

    Raises DiskError where no file can be made at all.
    """
    first, second, moved = (os.path.join(where, temporary_name()) for where in (source, target, target))
    with disk("write", source):
        descriptor = os.open(first, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with disk("write", source):
            before = time.time()
            os.write(descriptor, _DATA)
            ahead = os.fstat(descriptor).st_mtime - before
        return Abilities(
            reflink=_can_reflink(descriptor, second),
            hardlink=_can_link(first, second),
            flock=_can_lock(first),
            tick=_tick(descriptor),
            ahead=ahead,
            same=_can_rename(first, moved),  # the last: afterwards the first is gone
        )
    finally:
        os.close(descriptor)
        for path in (first, second, moved):
            with suppress(OSError):
                os.unlink(path)


def _can_reflink(source: int, path: str) -> bool:
    with disk("write", path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        return clone(source, descriptor)
    finally:
        os.close(descriptor)
        os.unlink(path)


def _can_link(source: str, path: str) -> bool:
    try:
        os.link(source, path)
    except OSError:
        return False
    return True


def _can_lock(path: str) -> bool:
    """Say whether a lock through one descriptor keeps another out, as it does between processes."""
    one, other = os.open(path, os.O_RDWR | os.O_CLOEXEC), os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(one)
        os.close(other)
    return False


def _tick(descriptor: int) -> float:
    """Return how much of a time is kept: the largest power of ten, in seconds, that is a part of it; at most one."""
    os.utime(descriptor, ns=(1, 1_111_111_111))
    kept = os.fstat(descriptor).st_mtime_ns
    tick = 10**9
    while kept % tick:
        tick //= 10
    return tick / 10**9


def _can_rename(source: str, path: str) -> bool:
    try:
        os.rename(source, path)
    except OSError:
        return False
    return True
