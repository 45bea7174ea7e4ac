"""Reading a small file that may come from anybody: no link is followed, no fifo waited for, no gigabyte taken in.

What the bytes mean is for ``record``, ``config`` and the others. On the way of every command, so it imports nothing.
"""

import os
import stat
from errno import ENAMETOOLONG

SIZE_LIMIT = 16 << 20


class Unreadable(Exception):
    """The file is there and cannot be read; the text says which and why."""


def read_bounded(path: str | os.PathLike[str], limit: int = SIZE_LIMIT, *, follow: bool = False) -> bytes | None:
    """Return the bytes of a plain file of at most ``limit`` bytes, None if nothing is there.

    ``follow`` is for a path at which a link may stand. Raises Unreadable.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(f"{path} is no file")
            if status.st_size > limit:
                raise Unreadable(f"{path} is larger than {_size(limit)}")
            return os.read(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == ENAMETOOLONG:  # beside a path of the longest name there is no room for a record
            return None
        raise Unreadable(f"{path}: {os.strerror(error.errno or 0)}") from None


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
