"""Which files are opened in some directories, by whomever, as Linux tells it.

The kernel hears of what libraries open by themselves, in C, C++ or Rust, which leaves no audit event. It does not say
who opened a file: ``auditing`` asks only about paths that project code has handed to somebody. On systems other than
Linux nothing is heard.
"""

import os
import struct
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress

OPENED, WRITTEN, READ = 0x20, 0x08, 0x10  # IN_OPEN, IN_CLOSE_WRITE, IN_CLOSE_NOWRITE
_REPLACED = 0x80  # IN_MOVED_TO
_OVERFLOW, _DIRECTORY, _ONLY_DIRECTORIES = 0x4000, 0x40000000, 0x01000000
_HEAD = struct.Struct("iIII")  # watch, what happened, cookie, length of the name
_BUFFER = 1 << 16


class Openings:
    """Files that were opened in directories since these are ``watch``ed, each with how it was closed first.

    Forked processes share the queue: whoever reads an event notes it for all, see ``forks``.
    """

    def __init__(self) -> None:
        self.directories: dict[int, str] = {}  # by their number in the queue
        self.files: dict[str, None] = {}
        self.written: dict[str, bool] = {}  # whether whoever closed a file first could have written it
        self.replaced: dict[str, None] = {}  # those of which others took the place before anybody closed them
        self.missing: str | None = None
        self._queue: int | None = None

    def open(self) -> None:
        """Open the queue if it is not open; a fork is to share it."""
        if self._queue is not None or self.missing is not None or sys.platform != "linux":
            return
        self._queue = self._call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)

    def watch(self, directory: str) -> None:
        """Hear of what is opened in a directory from now on."""
        self.open()
        if self._queue is None or directory in self.directories.values():
            return
        mask = OPENED | WRITTEN | READ | _REPLACED | _ONLY_DIRECTORIES
        number = self._call("inotify_add_watch", self._queue, os.fsencode(directory), mask)
        if number is not None:
            self.directories[number] = directory

    def catch_up(self, besides: Collection[str] = ()) -> None:
        """Take in what happened since the last time, but for files that only the caller has opened meanwhile."""
        for number, happened, name in self._events():
            if happened & _OVERFLOW:
                self.missing = "files that libraries open: more were opened than the kernel remembers"
            directory = self.directories.get(number)
            if directory is None or not name or happened & _DIRECTORY:
                continue
            file = os.path.join(directory, name)
            if file in besides:
                continue
            if happened & OPENED:
                self.files.setdefault(file, None)
            elif not happened & _REPLACED:
                self.written.setdefault(file, bool(happened & WRITTEN))
            elif file not in self.written:
                self.replaced[file] = None

    def close(self) -> None:
        """Take in the rest, and hear of nothing any more."""
        self.catch_up()
        queue, self._queue = self._queue, None
        if queue is not None:
            with suppress(OSError):  # the process may have closed all that there was
                os.close(queue)

    def _events(self) -> Iterator[tuple[int, int, str]]:
        while self._queue is not None:
            try:
                data = os.read(self._queue, _BUFFER)
            except BlockingIOError:
                return
            except OSError as error:
                self._queue, self.missing = None, f"files that libraries open: {error}"
                return
            at = 0
            while at < len(data):
                number, happened, _, length = _HEAD.unpack_from(data, at)
                at += _HEAD.size + length
                yield number, happened, os.fsdecode(data[at - length : at].rstrip(b"\0"))

    def _call(self, name: str, *args: object) -> int | None:
        import ctypes  # most stages hand no path to a library

        result: int = getattr(ctypes.CDLL(None, use_errno=True), name)(*args)
        if result < 0:
            self.missing = f"files that libraries open: {name}: {os.strerror(ctypes.get_errno())}"
            return None
        return result
