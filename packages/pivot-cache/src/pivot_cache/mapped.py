"""Large files hashed over a memory map, with all cores.

Touching a map beyond the end of its file kills the process, so nobody may truncate the file meanwhile: either it is a
temporary of our own, or a read lease keeps everybody away until the hash is done. Only ``hashing`` and ``save`` come
here, and only for large files: the threads that this starts stay in the process.
"""

import fcntl
import os
import signal
from mmap import ACCESS_READ, mmap
from typing import Final

from blake3 import blake3

from pivot_cache.content import ObjectId

AT_ONCE: Final = 128 << 20
"""Bytes that are mapped at a time. Between two maps a Ctrl-C is heard, and memory does not grow with the file."""


def hash_private(descriptor: int) -> ObjectId:
    """Return the name of an open file that nobody else can truncate, such as a temporary of our own."""
    hasher = blake3(max_threads=blake3.AUTO)
    size = os.fstat(descriptor).st_size
    for start in range(0, size, AT_ONCE):
        with mmap(descriptor, min(AT_ONCE, size - start), access=ACCESS_READ, offset=start) as piece:
            hasher.update(piece)
    return ObjectId(hasher.hexdigest())


def hash_leased(descriptor: int, size: int) -> ObjectId | None:
    """Return the name of an open file of this size; None if no lease can be had, or the size is another by now.

    There is none for a file of another owner, or one that somebody has open to write, or where the system has no
    leases. While it is held, whoever opens the file for writing or truncates it waits until we let go (the kernel
    allows 45 s, time for more than 100 GB on two cores). Its signal must be one that a process ignores by default.
    """
    command = getattr(fcntl, "F_SETLEASE", None)
    if command is None:
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, command, fcntl.F_RDLCK)
    except OSError:
        return None
    try:
        return hash_private(descriptor) if os.fstat(descriptor).st_size == size else None
    except ValueError:  # there is less to map than there was: the kernel did not wait any longer
        return None
    finally:
        fcntl.fcntl(descriptor, command, fcntl.F_UNLCK)
