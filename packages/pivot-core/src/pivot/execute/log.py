"""The file that keeps what a stage prints: its beginning and its end, however much it prints.

Written by the host alone. While a long log is being written its second half goes round in a circle; ``close`` puts it
in order.
"""

import os
from contextlib import suppress

LIMIT = 64 << 20
_BLOCK = 1 << 20


class Log:
    """A log file of at most ``limit`` bytes, readable by its owner only; when it cannot be written, nothing is kept."""

    def __init__(self, path: str, limit: int = LIMIT) -> None:
        self.path = path
        self.size = 0  # bytes printed
        self._half = limit // 2
        self._file = _create(path)

    def descriptors(self) -> tuple[int, ...]:
        """Return the open file, for processes that must not keep it."""
        return () if self._file < 0 else (self._file,)

    def write(self, data: bytes) -> None:
        """Append, over the oldest bytes of the second half once the file is full."""
        while data and self._file >= 0:
            place, room = self._place()
            try:
                written = os.pwrite(self._file, data[:room], place)
            except OSError:  # the disk is full: a log is not worth a run
                self._abandon()
                return
            self.size += written
            data = data[written:]

    def close(self) -> None:
        """Finish the file: what was left out is said where it was."""
        if self._file < 0:
            return
        lost = self.size - 2 * self._half
        if lost > 0:
            with suppress(OSError):  # then it stays as it is: everything is there, the newest text before the oldest
                self._straighten(lost)
        self._abandon()

    def _place(self) -> tuple[int, int]:
        """Return where the next byte goes and how many follow it there."""
        half = self._half
        if self.size < half:
            return self.size, half - self.size
        turn = (self.size - half) % half
        return half + turn, half - turn

    def _straighten(self, lost: int) -> None:
        """Write the file anew, the second half from its oldest byte on; block by block, so that memory stays small."""
        place, _ = self._place()
        ordered = _create(self.path + "~")
        if ordered < 0:
            return
        try:
            _copy(self._file, 0, self._half, ordered)
            _write(ordered, f"\n[{lost:,} bytes left out]\n".encode())
            _copy(self._file, place, 2 * self._half, ordered)
            _copy(self._file, self._half, place, ordered)
            os.replace(self.path + "~", self.path)
        finally:
            os.close(ordered)

    def _abandon(self) -> None:
        os.close(self._file)
        self._file = -1


def _create(path: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    for attempt in range(2):
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            if attempt:
                return -1
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            except OSError:
                return -1
        except OSError:
            return -1
    return -1


def _copy(source: int, start: int, end: int, target: int) -> None:
    while start < end:
        data = os.pread(source, min(end - start, _BLOCK), start)
        if not data:
            raise OSError("the log became shorter while it was written")
        _write(target, data)
        start += len(data)


def _write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]
