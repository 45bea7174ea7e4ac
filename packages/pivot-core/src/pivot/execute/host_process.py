"""The host as the coordinator holds it: started, waited for, ended. What they say to each other is in ``local``."""

import os
import selectors
import signal
import time
from contextlib import suppress

from pivot.execute.executor import Failure
from pivot.execute.fresh_host import FreshHost
from pivot.execute.verdict import ended
from pivot.execute.wire import CHUNK, Channel, Closed

GIVE_UP = 5.0  # seconds for the host to end its processes, then itself
EXIT = 1.0  # seconds from the end of its messages to the end of its process
LAST_WORDS = 8192  # bytes of the host's own output that are shown when it dies


class HostProcess:
    """A running host that waits for its ``Setup``; ``channel`` leads to it, ``printed`` comes what it prints."""

    def __init__(self, fresh: FreshHost) -> None:
        self.pid = fresh.pid
        self.printed = fresh.printed
        os.set_blocking(self.printed, False)
        self.channel = Channel(fresh.events, fresh.commands)
        self._held = fresh.held
        self._words = b""

    def hear(self) -> bool:
        """Take what it printed, of which only the end is kept; False once nobody is left who could print."""
        try:
            data = os.read(self.printed, CHUNK)
        except BlockingIOError:
            return True
        self._words = (self._words + data)[-LAST_WORDS:]
        return bool(data)

    def dismiss(self) -> None:
        """Tell the host to end every stage and itself."""
        os.kill(self.pid, signal.SIGTERM)  # it would not look at the pipe while it imports

    def hang_up(self) -> None:
        """Have the host end every stage and itself, and wait for it; kill it if that takes too long."""
        self.dismiss()
        give_up = time.monotonic() + GIVE_UP
        with selectors.DefaultSelector() as selector, suppress(Closed):
            selector.register(self.channel.reader, selectors.EVENT_READ)
            while (left := give_up - time.monotonic()) > 0:
                selector.select(left)
                for _ in self.channel.receive():
                    pass
            os.kill(self.pid, signal.SIGKILL)

    def bury(self) -> Failure:
        """Clear a host away that has ended, and say how it ended, with what it printed last."""
        status = self._wait()
        self.hear()  # all that a pipe holds
        words = self._words.decode(errors="replace")
        self.channel.close()
        os.close(self._held)
        os.close(self.printed)
        return Failure("died", f"the process that imports the pipeline {ended(status)}", traceback=words or None)

    def _wait(self) -> int:
        """Return what ``waitpid`` says; a process closes its pipes before it is gone, so it may take a moment."""
        give_up = time.monotonic() + EXIT
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > give_up:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.0005)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what the pipeline started while it was imported
        return status
