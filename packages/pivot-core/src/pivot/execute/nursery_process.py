"""The warm server and the processes that it forked, as the coordinator holds them. What they are for is in ``warm``."""

import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pivot.execute import interpreter
from pivot.execute.nursery import MESSAGE
from pivot.execute.wire import pack, unpack
from pivot_fingerprint.named import NamedTuple


class Spare(NamedTuple):
    """A process that waits to be told what to be; a child of this process."""

    pid: int
    socket: socket.socket

    def become(self, code: str, descriptors: Sequence[int], *, session: bool) -> None:
        """Have it be what ``interpreter.start`` would start. Raises OSError if it is gone."""
        with self.socket:
            socket.send_fds(self.socket, [pack([code, session])], list(descriptors))

    def end(self) -> None:
        """End it."""
        self.socket.close()
        _kill(self.pid)


class NurseryProcess:
    """A running server; ``environment`` is that in which it was started. Raises OSError when none can be started."""

    def __init__(self, environment: object) -> None:
        self.environment = environment
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        alive, self._held = os.pipe()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            code = "from pivot.execute.nursery import main; main()"
            self.pid = interpreter.start(code, (null, null, null, its.fileno(), alive), session=True)
        except OSError:
            self._socket.close()
            os.close(self._held)
            raise
        finally:
            its.close()
            os.close(alive)
            os.close(null)

    def ask(self, question: list[Any]) -> Any:
        """Send a question and return the answer. Raises OSError and EOFError if the server has ended."""
        sheet = interpreter.anonymous_file()
        try:
            socket.send_fds(self._socket, [pack(question)], [sheet])
            if not self._socket.recv(MESSAGE):
                raise EOFError
            return unpack(os.pread(sheet, os.fstat(sheet).st_size, 0))
        finally:
            os.close(sheet)

    def fork(self) -> Spare:
        """Return a new process that waits. Raises as ``ask``."""
        self._socket.send(pack(["fork"]))
        data, descriptors, _, _ = socket.recv_fds(self._socket, MESSAGE, 1)
        if not data:
            raise EOFError
        return Spare(unpack(data), socket.socket(fileno=descriptors[0]))

    def end(self) -> None:
        """End it; whoever waits for its answer, in another thread, gets none."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _kill(self.pid)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        os.close(self._held)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
