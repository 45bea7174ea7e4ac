"""An object that arrives slowly: what there was of it when its process died is kept, and the next goes on.

A partial is a file below ``partial/`` of the cache, named as the object; whoever writes it holds a ``flock`` on it.
Nobody believes what it holds: it is hashed anew before it is gone on with, and gets its name only if all of it matches.
One that does not is emptied, and the object fetched from its beginning, once. What nobody goes on with is removed after
a week, or by whoever looks after a cache.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Final

from blake3 import blake3

from pivot_cache.atomic import disk, make_directory, remove_quietly, write_all
from pivot_cache.content import ObjectId
from pivot_cache.errors import ObjectCorrupt
from pivot_cache.hashing import PIECE
from pivot_cache.layout import Layout
from pivot_cache.leftovers import remove_unheld
from pivot_cache.publish import Batch

_WEEK_SECONDS: Final = 7 * 86_400
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_OTHERS: Final = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR))


def receive(layout: Layout, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> bool:
    """Keep an object of this size, going on with what is there of it; False if what is there is not for us.

    ``open_from`` opens a stream of it at a byte. Raises ``ObjectCorrupt`` and ``DiskError``, and whatever the stream
    raises; in the last two cases the partial stays.
    """
    layout.prepare()
    path = f"{layout.partial}/{oid}"
    remove_partials(layout, older=_WEEK_SECONDS)
    with disk("write", path):
        make_directory(layout.partial)
        descriptor = _take(path)
    if descriptor is None:
        return False
    try:
        _fill(descriptor, path, oid, size, open_from)
        # Out of the others' way first: once the descriptor is closed, nobody is to find it under this name.
        temporary = layout.temporary()
        with disk("write", path):
            os.rename(path, temporary)
        mine = os.dup(descriptor)
        with Batch(layout) as batch:
            batch.add_temporary(oid, temporary, mine)
            batch.publish()
    finally:
        os.close(descriptor)
    return True


def _fill(descriptor: int, path: str, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> None:
    """Let the partial be the object; raise ``ObjectCorrupt`` after it was removed, if the stream gives another one."""
    begin = os.fstat(descriptor).st_size
    while True:
        hasher = blake3()
        with disk("read", path):
            if begin > size:
                begin = 0
            os.ftruncate(descriptor, begin)
            os.lseek(descriptor, 0, os.SEEK_SET)
            while data := os.read(descriptor, PIECE):
                hasher.update(data)
        if begin < size or not size:
            with open_from(begin) as stream:
                while data := stream.read(PIECE):
                    hasher.update(data)
                    with disk("write", path):
                        write_all(descriptor, data)
        if hasher.hexdigest() == oid:
            return
        if not begin:
            remove_quietly(path)
            raise ObjectCorrupt(oid, "the stream")
        begin = 0


def _take(path: str) -> int | None:
    """Open a partial for this process alone, made if it is not there; None if it is another's."""
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        if error.errno in _OTHERS:
            return None
        raise
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1
        if ours and os.path.samestat(status, os.lstat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def remove_partials(layout: Layout, *, older: float = 0) -> None:
    """Remove what no process is writing, or has written for so many seconds."""
    with suppress(OSError):
        for name in os.listdir(layout.partial):
            path = f"{layout.partial}/{name}"
            with suppress(OSError):
                if time.time() - os.lstat(path).st_mtime >= older:
                    remove_unheld(path)
