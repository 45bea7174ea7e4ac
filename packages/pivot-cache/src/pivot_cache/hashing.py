"""BLAKE3-256 of bytes and files, as fast as the machine allows; the same digest as ``b3sum``.

Small files are read in one go. Large ones are hashed over a memory map with all cores where that is safe (``mapped``),
or else read in pieces. What a digest is good for is the business of scans and stores.
"""

import errno
import os
import stat
from typing import Final

from blake3 import blake3

from pivot_cache.content import ObjectId
from pivot_cache.errors import SourceChanged, SourceMissing, SourceUnreadable, UnsupportedFile

LARGE: Final = 2 << 20
"""From this size on, in bytes, a file is hashed with all cores; below, threads cost more than they bring."""
PIECE: Final = 1 << 18
_TRIES: Final = 3

OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""For anything that should be a plain file: a fifo in its place must not block us."""


def hash_bytes(data: bytes | bytearray | memoryview) -> ObjectId:
    """Return the name of these bytes."""
    return ObjectId(blake3(data).hexdigest())


def hash_file(path: str | os.PathLike[str], *, follow: bool = True) -> ObjectId:
    """Return the name of the file's bytes.

    ``follow`` says whether a symbolic link at the path itself is followed. Raises ``SourceMissing``,
    ``SourceUnreadable``, ``UnsupportedFile`` (no plain file), ``SourceChanged`` (it was written to all the time).
    """
    name = os.fspath(path)
    descriptor = open_file(name, follow=follow)
    try:
        return hash_descriptor(descriptor, name)[0]
    finally:
        os.close(descriptor)


def open_file(path: str, *, follow: bool = True, name: str | None = None, directory: int | None = None) -> int:
    """Open a plain file to read; the errors are those of ``hash_file``.

    With ``directory`` (a descriptor) and ``name``, the file is opened there and ``path`` is only for messages.
    """
    flags = OPEN_FLAGS if follow else OPEN_FLAGS | os.O_NOFOLLOW
    try:
        return os.open(path if name is None else name, flags, dir_fd=directory)
    except OSError as error:
        raise source_error(path, error) from None


def source_error(path: str, error: OSError) -> SourceMissing | SourceUnreadable | UnsupportedFile:
    """Return the error of this package for something in the workspace that could not be read."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG:  # nothing can have a name that is too long
            return SourceMissing(path)
        case errno.ENXIO:  # what opening a socket says
            return UnsupportedFile(path, "socket")
        case number:
            return SourceUnreadable(path, number or errno.EIO)


def file_type(mode: int) -> str:
    """Return a word for what a mode (``st_mode``) is."""
    return _TYPES.get(stat.S_IFMT(mode), "special file")


_TYPES: Final = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def hash_descriptor(descriptor: int, path: str) -> tuple[ObjectId, os.stat_result]:
    """Return the name of an open file's bytes, and the status that belongs to them.

    A file that changes meanwhile is hashed again, a few times; then ``SourceChanged`` is raised. ``path`` is for
    messages. The other errors are those of ``hash_file``.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedFile(path, file_type(status.st_mode))
    try:
        for _ in range(_TRIES):
            if status.st_size < LARGE:
                data = os.pread(descriptor, status.st_size + 1, 0)
                if len(data) == status.st_size:
                    return hash_bytes(data), status
                status = os.fstat(descriptor)
            else:
                digest = _hash_large(descriptor, status.st_size)
                before, status = status, os.fstat(descriptor)
                if before.st_mtime_ns == status.st_mtime_ns and before.st_size == status.st_size:
                    return digest, status
    except OSError as error:
        raise source_error(path, error) from None
    raise SourceChanged(path)


def _hash_large(descriptor: int, size: int) -> ObjectId:
    from pivot_cache.mapped import hash_leased  # lazy: brings the names of all signals, and only large files need it

    return hash_leased(descriptor, size) or _hash_pieces(descriptor, size)


def _hash_pieces(descriptor: int, size: int) -> ObjectId:
    """Hash up to the size and a little beyond: a file that somebody writes to as fast as we read has no end."""
    hasher = blake3()
    buffer = bytearray(PIECE)
    view = memoryview(buffer)
    offset = 0
    while offset <= size and (count := os.preadv(descriptor, [buffer], offset)):
        hasher.update(view[:count])
        offset += count
    return ObjectId(hasher.hexdigest())
