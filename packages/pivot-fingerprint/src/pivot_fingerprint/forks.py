"""What other processes of an observed one see: the workers of ``multiprocessing``, whatever calls ``os.fork``.

From the first of them on, every process of the family appends what is new to it to one anonymous file, and reads there
what the others saw. So nothing is lost when a worker is killed, and one process knows what another wrote. Where there
is no such file (``os.memfd_create``), only the first process is observed. Those that are started anew join in, see
``children``.
"""

import fcntl
import marshal
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

type Holder = tuple[object, str]
"""An object and the name of its attribute that is a dict: what was seen."""

_LENGTH = 4  # bytes in front of each note
_NOTED = (str, int, type(None))  # everything else is a tuple of these


class Forks:
    """Keeps the dicts of an observation the same in all processes of a family, from ``start`` to ``stop``."""

    def __init__(self, holders: Sequence[Holder], before: Callable[[], None] = lambda: None) -> None:
        """Take what is to be shared. Keys and values are tuples of texts, numbers and None, or one of these.

        ``before`` is called before the first fork.
        """
        self._holders = holders
        self._before = before
        self._file: int | None = None
        self._identity = (0, 0)
        self._read = 0  # up to where

    def start(self) -> None:
        """Begin a family with this process; one that was forked for the work leaves that of its parent."""
        global _active, _hooked
        if not hasattr(os, "memfd_create"):
            return
        self._close()
        if self not in _active:
            _active = (*_active, self)
        if not _hooked:
            os.register_at_fork(before=_about_to_fork)
            _hooked = True

    def stop(self) -> None:
        """Take in what the others saw to the last, and forget them."""
        global _active
        self.catch_up()
        _active = tuple(other for other in _active if other is not self)
        self._close()

    def catch_up(self) -> None:
        """Take in what other processes saw since the last time."""
        file = self._file
        if file is None or not self._is_ours(file):
            return
        size = os.fstat(file).st_size
        if size == self._read:
            return
        data = os.pread(file, size - self._read, self._read)
        at = 0
        while at + _LENGTH <= len(data):
            end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH])
            if end > len(data):
                break
            number, key, value = marshal.loads(data[at + _LENGTH : end])
            owner, name = self._holders[number]
            dict.setdefault(getattr(owner, name), key, value)
            at = end
        self._read += at

    def place(self) -> str | None:
        """Where a process that is started anew finds the file, None where there is none."""
        self.share()
        file = self._file
        return f"/proc/{os.getpid()}/fd/{file}" if file is not None and self._is_ours(file) else None

    def join(self, place: str) -> None:
        """Belong to the family of the process that said where its file is."""
        self.start()
        self._open(os.open(place, os.O_RDWR | os.O_APPEND))

    def share(self) -> None:
        """Open the file, and let the dicts tell of what is new in them."""
        if self._file is not None:
            return
        try:
            file = os.memfd_create("pivot observation")
        except (AttributeError, OSError):  # no descriptor is free: the fork may succeed all the same
            return
        self._before()
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)  # else two that write at once overwrite each other
        self._open(file)

    def _open(self, file: int) -> None:
        self._file, status = file, os.fstat(file)
        self._identity, self._read = (status.st_dev, status.st_ino), 0
        for number, (owner, name) in enumerate(self._holders):
            setattr(owner, name, _Shared(getattr(owner, name), self._teller(number)))

    def _teller(self, number: int) -> Callable[[Any, Any], None]:
        def tell(key: Any, value: Any) -> None:
            file = self._file
            if file is not None and self._is_ours(file):
                with suppress(OSError, ValueError):  # whoever sees something must not fail because of it
                    note = marshal.dumps((number, _plain(key), _plain(value)))
                    os.write(file, len(note).to_bytes(_LENGTH) + note)  # at once, so that notes do not mix

        return tell

    def _is_ours(self, file: int) -> bool:
        """Whether the descriptor is still what it was: a process may close all that there are, and open others."""
        try:
            status = os.fstat(file)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def _close(self) -> None:
        if self._file is None:
            return
        if self._is_ours(self._file):
            os.close(self._file)
        self._file = None
        for owner, name in self._holders:
            setattr(owner, name, dict(getattr(owner, name)))


class _Shared(dict[Any, Any]):
    """A dict that tells of new keys."""

    __slots__ = ("_tell",)

    def __init__(self, seen: dict[Any, Any], tell: Callable[[Any, Any], None]) -> None:
        super().__init__(seen)
        self._tell = tell

    def __setitem__(self, key: Any, value: Any) -> None:
        is_new = key not in self
        super().__setitem__(key, value)
        if is_new:
            self._tell(key, value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]


def _plain(value: Any) -> Any:
    """The value as ``marshal`` takes it: named tuples are none of its types."""
    return value if isinstance(value, _NOTED) else tuple(map(_plain, value))


def _about_to_fork() -> None:
    for forks in _active:
        forks.share()


_active: tuple[Forks, ...] = ()
_hooked = False
