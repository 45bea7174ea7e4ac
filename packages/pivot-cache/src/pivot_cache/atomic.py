"""Files that are either as they were or as they should be, whatever happens in between.

The new bytes go to a temporary beside the file, are flushed, and take the name by a rename. A process that was killed
meanwhile leaves its temporary, which the next one to write in that directory removes. Whoever keeps objects has a
temporary directory of its own (``layout``) and uses the small pieces of this module.
"""

import errno
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from pivot_cache.enclosure import Enclosure, Spot
from pivot_cache.errors import CacheError, DiskError
from pivot_cache.leftovers import HELD_SUFFIX, sweep_once, temporary_name
from pivot_cache.sync import Meanwhile, sync_all, sync_directories

CREATE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class disk:  # noqa: N801  used as a word in `with disk("write", path):`; a generator would cost four times as much
    """Turn an ``OSError`` of the block into a ``DiskError`` about this operation and path."""

    __slots__ = ("operation", "path")

    def __init__(self, operation: str, path: str) -> None:
        self.operation = operation
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise disk_error(self.operation, self.path, error) from None


def disk_error(operation: str, path: str, error: OSError) -> DiskError:
    """Return the error of this package for one of the system's."""
    return DiskError(operation, path, error.errno or errno.EIO)


def write_atomic(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    durable: bool = True,
    mode: int | None = None,
    within: str | os.PathLike[str] | None = None,
) -> None:
    """Replace the file's bytes at once: a reader, or a crash, meets the old ones or the new ones.

    ``durable`` flushes the file before and the directory after the rename. ``mode`` is the permission bits; by
    default those of any new file. A symbolic link at the path is replaced, not followed; ``within`` is a directory
    above it, below which none is followed on the way either. Raises ``DiskError`` and ``ThroughLink``; then the old
    file is as it was.
    """
    write_each_atomic([(path, data)], durable=durable, mode=mode, within=within)


def write_each_atomic(
    files: Iterable[tuple[str | os.PathLike[str], bytes]],
    *,
    durable: bool = True,
    mode: int | None = None,
    meanwhile: Meanwhile = None,
    within: str | os.PathLike[str] | None = None,
) -> None:
    """Do for each file what ``write_atomic`` does, with one round of flushes for all.

    ``meanwhile`` is called again and again while the disk is waited for.
    Raises what ``write_atomic`` raises; then each is as it was or as it should be.
    """
    inside = Enclosure(within)
    begun: dict[str, tuple[str, int]] = {}  # by the file: its temporary, beside it
    target = ""
    try:
        for path, data in files:
            target = os.fspath(path)
            with disk("write", target):
                sweep_once(os.path.dirname(target))
                temporary, descriptor = begun[target] = _begin(inside.spot(target))
                write_all(descriptor, data)
                if mode is not None:
                    os.fchmod(descriptor, mode)
        if durable:
            with disk("write", target):
                sync_all([descriptor for _, descriptor in begun.values()], meanwhile)
        for target, (temporary, _) in begun.items():
            with disk("write", target):
                directory, name, _ = inside.spot(target)
                os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        for target, (temporary, _) in begun.items():
            with suppress(OSError, CacheError):
                os.unlink(temporary, dir_fd=inside.spot(target).directory)
        raise
    finally:
        inside.close()
        for _, descriptor in begun.values():
            os.close(descriptor)
    if durable:
        with disk("write", target):
            sync_directories({os.path.dirname(path) for path in begun}, meanwhile)


def _begin(spot: Spot) -> tuple[str, int]:
    """Make a temporary beside a file, that no sweep removes while the descriptor is open; return its name, too."""
    while True:
        name = temporary_name(HELD_SUFFIX)
        descriptor = os.open(name, CREATE_FLAGS, 0o666, dir_fd=spot.directory)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # a sweep was between the two calls, and removes it
            os.close(descriptor)
            continue
        except OSError:
            pass  # no flock here
        if os.fstat(descriptor).st_nlink:
            return name, descriptor
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all bytes, however many calls it takes."""
    count = os.write(descriptor, data)
    if count == len(data):
        return
    rest = memoryview(data)[count:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def make_directory(path: str) -> bool:
    """Make a directory whose parent exists; False if it is there. A link in its place is refused; raises
    ``OSError``."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if os.path.islink(path) or not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None
        return False
    return True


def make_directories(
    path: str | os.PathLike[str], *, durable: bool = True, within: str | os.PathLike[str] | None = None
) -> None:
    """Make a directory with all that is missing above it; ``durable`` flushes each name.

    ``within`` is a directory above it, below which no link is followed. Raises ``DiskError``, ``ThroughLink``.
    """
    target = os.fspath(path)
    if within is not None:
        with disk("make", target), Enclosure(within, durable=durable) as inside:
            inside.enter(target, make=True)
        return
    if os.path.isdir(target):
        return
    above = os.path.dirname(target)
    if above != target:
        make_directories(above or ".", durable=durable)
    with disk("make", target):
        os.makedirs(target, exist_ok=True)  # another process may be faster
        if durable:
            sync_directory(above)


def sync_directory(path: str) -> None:
    """Make the names in a directory durable; raises ``OSError``."""
    sync_directories([path])


def remove_quietly(path: str) -> None:
    """Remove a file if that is possible; for clearing away while another error is on its way."""
    with suppress(OSError):
        os.unlink(path)
