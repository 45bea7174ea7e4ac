"""One stage's process as the host sees it: its pipes, its log, and what is to be done with it at what time.

Holds state; deciding what happens next is the host's.
"""

import math
import os
import time
from typing import Literal

from pivot.execute.executor import WorkOrder
from pivot.execute.log import Log
from pivot.execute.wire import CHUNK, ITSELF

# running   → the timeout ends it          stopping → SIGTERM was sent, SIGKILL follows     killed → the kernel is slow
# lingering → its process ended, others are left and get a moment                           cleared → those were killed
type Phase = Literal["running", "stopping", "killed", "lingering", "cleared"]


class Task:
    """A running stage: ``output`` and ``reports`` are the reading ends of its pipes."""

    def __init__(self, number: int, order: WorkOrder, pid: int, output: int, reports: int) -> None:
        self.number = number
        self.order = order
        self.pid = pid
        self.output = output
        self.reports = reports
        self.log = Log(order.log)
        self.report = bytearray()
        self.began = time.monotonic()
        self.status: int | None = None  # what waitpid said once it has ended
        self.why = ITSELF
        self.untold = 0  # bytes printed while the coordinator was too busy to be told
        self.phase: Phase = "running"
        self.due = self.began + order.timeout if order.timeout else math.inf  # when the phase is over

    def enter(self, phase: Phase, seconds: float) -> None:
        """Begin a phase that lasts at most so many seconds."""
        self.phase = phase
        self.due = time.monotonic() + seconds

    def read_report(self) -> bytes | None:
        """Return what has arrived of the report, kept already: empty at the end, None if there is nothing now."""
        data = _read(self.reports)
        self.report += data or b""
        return data

    def read_output(self) -> bytes | None:
        """Return what was printed, kept in the log already: empty at the end, None if there is nothing now."""
        data = _read(self.output)
        if data:
            self.log.write(data)
        return data

    def descriptors(self) -> tuple[int, ...]:
        """Return what a forked sibling must close."""
        return (self.output, self.reports, *self.log.descriptors())

    def close(self) -> None:
        """Close pipes and log."""
        self.log.close()
        os.close(self.output)
        os.close(self.reports)


def _read(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, CHUNK)
    except BlockingIOError:
        return None
