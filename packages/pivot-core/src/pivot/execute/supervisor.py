"""Looking after the processes of stages until nothing is left of them.

Carries what they print to their log and to the coordinator, passes their report on without reading it, ends those that
are cancelled or take too long, and whatever a stage leaves behind. Driven by the host's loop.
"""

import math
import os
import selectors
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from pivot.execute import wire
from pivot.execute.descendants import Children, end_group, group_exists, kill_group
from pivot.execute.task import Task
from pivot.execute.wire import Channel, Ending, pack

PATIENCE = 3.0  # seconds between SIGTERM and SIGKILL
GRACE = 0.1  # seconds in which processes that a stage left behind may end by themselves
GIVE_UP = 2.0  # seconds after SIGKILL, for processes that the kernel cannot end
GLANCE = 0.01  # seconds between looks at what is left of a stage: not every kernel says when the last one is gone
MOST_UNSENT = 1 << 20  # bytes that may wait for a busy coordinator before printed text is only logged


class Supervisor:
    """The tasks under way, by the number of their order."""

    def __init__(self, channel: Channel, selector: selectors.BaseSelector) -> None:
        self._channel = channel
        self._selector = selector
        self._tasks: dict[int, Task] = {}
        self._children = Children()
        self._kept: set[int] = set()  # children of the host that belong to no stage

    @contextmanager
    def keeping_children(self) -> Iterator[None]:
        """Take processes that are started meanwhile for the host's own, which end with it and not before."""
        before = self._children.now()
        yield
        self._kept |= self._children.now() - before

    def take(self, task: Task) -> None:
        """Look after a new task, and tell the coordinator of it."""
        self._tasks[task.number] = task
        self._selector.register(task.output, selectors.EVENT_READ, partial(self._carry_output, task))
        self._selector.register(task.reports, selectors.EVENT_READ, partial(self._carry_report, task))
        self._channel.send(wire.BEGAN, task.number, pack(task.pid))

    def cancel(self, number: int) -> None:
        """End a task, if it is there."""
        if task := self._tasks.get(number):
            self._stop(task, wire.CANCELLED)

    def patience(self) -> float | None:
        """Return the seconds until ``attend`` has something to do even if nothing happens; None for never."""
        if any(task.status is not None for task in self._tasks.values()):
            return GLANCE
        due = min((task.due for task in self._tasks.values()), default=math.inf)
        return None if math.isinf(due) else max(0.0, due - time.monotonic())

    def attend(self) -> None:
        """Find the tasks whose process has ended, finish those of which nothing is left, and do what is due."""
        for task in list(self._tasks.values()):
            if task.status is None:
                pid, status = os.waitpid(task.pid, os.WNOHANG)
                if pid:
                    task.status = status
                    self._drain(task)
                    task.enter("lingering", GRACE if task.why == wire.ITSELF else 0.0)
            if task.status is not None:
                if not self._left_behind(task):
                    self._finish(task)
                elif task.phase == "cleared":  # children of those that were killed have come to light
                    self._kill_left_behind(task)
        now = time.monotonic()
        for task in [one for one in self._tasks.values() if one.due <= now]:
            self._act(task)

    def end(self) -> None:
        """End every process below this one."""
        for task in self._tasks.values():
            if task.status is None:
                kill_group(task.pid)
            else:
                end_group(task.pid)
        give_up = time.monotonic() + GIVE_UP
        while (left := self._children.now()) and time.monotonic() < give_up:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)

    def descriptors(self) -> Iterator[int]:
        """Yield what a forked child must close."""
        yield from self._children.descriptors()
        for task in self._tasks.values():
            yield from task.descriptors()

    # What tasks send

    def _carry_output(self, task: Task) -> None:
        data = task.read_output()
        if data == b"":
            self._selector.unregister(task.output)
        elif data:
            self._tell(task, data)

    def _carry_report(self, task: Task) -> None:
        if task.read_report() == b"":
            self._selector.unregister(task.reports)

    def _tell(self, task: Task, data: bytes) -> None:
        if self._channel.pending > MOST_UNSENT:
            task.untold += len(data)
            return
        self._tell_untold(task)
        self._channel.send(wire.TEXT, task.number, data)

    def _tell_untold(self, task: Task) -> None:
        if task.untold:
            note = f"\n[{task.untold:,} bytes are only in the log]\n"
            self._channel.send(wire.TEXT, task.number, note.encode())
            task.untold = 0

    def _drain(self, task: Task) -> None:
        """Read what an ended process left in its pipes; not for ever, since those it left behind may go on writing."""
        for _ in range(MOST_UNSENT // wire.CHUNK):
            data = task.read_output()
            if not data:
                break
            self._tell(task, data)
        while task.read_report():
            pass

    # Their end

    def _act(self, task: Task) -> None:
        match task.phase:
            case "running":
                self._stop(task, wire.TIMED_OUT)
            case "stopping":
                kill_group(task.pid)
                task.enter("killed", GIVE_UP)
            case "lingering":
                note = b"[ended processes that the stage left behind]\n"
                task.log.write(note)
                self._tell(task, note)
                self._kill_left_behind(task)
                task.enter("cleared", GIVE_UP)
            case "killed" | "cleared":
                self._finish(task)

    def _stop(self, task: Task, why: bytes) -> None:
        if task.phase == "running":
            task.why = why
            task.enter("stopping", PATIENCE)
            kill_group(task.pid, signal.SIGTERM)
            kill_group(task.pid, signal.SIGCONT)  # one that is stopped would not hear the other

    def _left_behind(self, task: Task) -> bool:
        """Return whether a process that an ended task started is still there; what has ended is cleared away.

        A stage's process adopts its own orphans, so a child that the host did not start comes from an ended stage.
        """
        strays = self._strays()
        for pid in list(strays):
            if os.waitpid(pid, os.WNOHANG)[0]:
                strays.discard(pid)
        return bool(strays) or group_exists(task.pid)

    def _kill_left_behind(self, task: Task) -> None:
        for pid in self._strays():
            os.kill(pid, signal.SIGKILL)
        end_group(task.pid)

    def _strays(self) -> set[int]:
        return self._children.now() - self._kept - {task.pid for task in self._tasks.values()}

    def _finish(self, task: Task) -> None:
        del self._tasks[task.number]
        for one in (task.output, task.reports):
            if one in self._selector.get_map():
                self._selector.unregister(one)
        self._tell_untold(task)
        status = signal.SIGKILL if task.status is None else task.status
        ending = Ending(status, task.why, time.monotonic() - task.began)
        task.close()
        self._channel.send(wire.ENDED, task.number, ending.pack(task.report))
