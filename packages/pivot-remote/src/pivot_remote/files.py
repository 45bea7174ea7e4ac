"""Small files at a remote besides its objects: what they are asked for, and where they are in a directory.

They do not prove themselves as objects do, so whoever reads one decides what it is worth: ``runs`` checks signatures.
How they are kept in a bucket is in ``bucket_files``.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from pivot_cache import DiskError, make_directories, write_atomic

FILE_LIMIT: Final = 16 << 20
"""A file larger than this, in bytes, is not ours."""


class Entry(NamedTuple):
    """A file in a listing: its name below the remote, its bytes, and when it was written, in seconds since the epoch
    by the clock of whoever keeps it."""

    name: str
    size: int
    written: float


class RemoteFiles(Protocol):
    """Files by names such as ``runs/ab/cdef…``, below the same place as the objects."""

    def beginning(self, stems: Iterable[str]) -> list[str]:
        """Return the names that begin with one of the stems, which are all in one folder, in few questions."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield all that is in a folder, such as ``runs``, in the order of the names."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; None if there is none, or it has more than ``FILE_LIMIT``."""

    def write(self, name: str, data: bytes) -> None:
        """Keep a file, in place of another of this name."""

    def remove(self, names: Iterable[str]) -> dict[str, str]:
        """Remove files; those that are not there are none the less gone. Return what could not be removed, and why."""


class DirectoryFiles:
    """The files below a directory."""

    def __init__(self, root: str) -> None:
        self._root = root

    def beginning(self, stems: Iterable[str]) -> list[str]:
        by_folder: dict[str, set[str]] = {}
        for stem in stems:
            folder, _, name = stem.rpartition("/")
            by_folder.setdefault(folder, set()).add(name)
        return [
            f"{folder}/{name}"
            for folder, wanted in sorted(by_folder.items())
            for name in sorted(self._listed(folder))
            if name.partition(".")[0] in wanted
        ]

    def entries(self, folder: str) -> Iterator[Entry]:
        for below in sorted(self._listed(folder)):
            place = f"{folder}/{below}"
            status = self._status(place)
            if status is not None and stat.S_ISDIR(status.st_mode):
                yield from self.entries(place)
            elif status is not None and stat.S_ISREG(status.st_mode):
                yield Entry(place, status.st_size, status.st_mtime)

    def read(self, name: str) -> bytes | None:
        path = os.path.join(self._root, name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_LIMIT:
                return None
            return os.read(descriptor, FILE_LIMIT)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def write(self, name: str, data: bytes) -> None:
        path = os.path.join(self._root, name)
        make_directories(os.path.dirname(path))
        write_atomic(path, data)

    def remove(self, names: Iterable[str]) -> dict[str, str]:
        refused: dict[str, str] = {}
        for name in names:
            try:
                os.unlink(os.path.join(self._root, name))
            except FileNotFoundError:
                continue
            except OSError as error:
                refused[name] = error.strerror or type(error).__name__
        return refused

    def _listed(self, folder: str) -> list[str]:
        path = os.path.join(self._root, folder)
        try:
            return os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise DiskError("list", path, error.errno or 0) from None

    def _status(self, place: str) -> os.stat_result | None:
        try:
            return os.lstat(os.path.join(self._root, place))
        except OSError:
            return None
