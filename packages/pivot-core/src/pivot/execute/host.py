"""The host of one run: imports the pipeline once, then makes one process for each order and looks after it to its end.

Started by ``local``, which is the only one that talks to it. The host runs no stage itself, so nothing that a stage
does can harm another: it forks (or, where that is not safe, starts an interpreter), carries what is printed to the log
and to the coordinator, ends what outlives its stage, and passes on the report without reading it. When the coordinator
is gone, so are the host and every stage.
"""

import math
import os
import selectors
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from pivot.execute import child, interpreter, wire
from pivot.execute.descendants import adopt_orphans, children, die_with, group_exists, kill_group, outlive_parent
from pivot.execute.executor import Failure, WorkOrder
from pivot.execute.forking import fork, obstacle
from pivot.execute.live import Live, freeze, import_ahead, import_live, libraries
from pivot.execute.task import Task
from pivot.execute.verdict import OWN_ERROR
from pivot.execute.wire import Channel, Closed, Ending, Frame, Setup, pack, unpack

COMMANDS, EVENTS = 3, 4  # descriptors that the coordinator hands over
PATIENCE = 3.0  # seconds between SIGTERM and SIGKILL
GRACE = 0.1  # seconds in which processes that a stage left behind may end by themselves
GIVE_UP = 2.0  # seconds after SIGKILL, for processes that the kernel cannot end
MOST_UNSENT = 1 << 20  # bytes that may wait for a busy coordinator before printed text is only logged


class Host:
    """The loop, and all that it knows: the live pipeline, the tasks under way, the way back to the coordinator."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.pid = os.getpid()
        self.tasks: dict[int, Task] = {}
        self._inbox: deque[Frame] = deque()
        self._setup = Setup("", "", (), "auto", 0)
        self._live: Live | None = None  # None: each stage imports the pipeline itself
        self._known = 0  # source files that the coordinator has been told of
        self._children: set[int] = set()  # started by the pipeline while it was imported
        self._handlers: dict[int, Any] = {}
        self._wake, self._waker = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel.reader, selectors.EVENT_READ, self._receive)
        self._selector.register(self._wake, selectors.EVENT_READ, self._hear_signals)
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)

    def serve(self) -> NoReturn:
        """Take orders until the coordinator is gone, then end everything and this process."""
        try:
            while True:
                for key, _ in self._selector.select(self._patience()):
                    key.data()
                self._reap()
                self._act()
                self._watch_channel()
        except Closed:
            self._end()

    # Messages

    def _receive(self) -> None:
        self._inbox.extend(self.channel.receive())
        while self._inbox:
            frame = self._inbox.popleft()
            match frame.kind:
                case wire.SETUP:
                    self._set_up(Setup(*unpack(frame.payload)))
                    self._inbox.extend(self.channel.receive())  # a cancellation may have come meanwhile
                case wire.ORDER:
                    if any(later.kind == wire.CANCEL and later.order == frame.order for later in self._inbox):
                        self.channel.send(wire.ENDED, frame.order, Ending(0, wire.CANCELLED, 0.0).pack())
                    else:
                        self._begin(frame.order, WorkOrder(*unpack(frame.payload)))
                case wire.CANCEL:
                    if task := self.tasks.get(frame.order):
                        self._stop(task, wire.CANCELLED)

    def _set_up(self, setup: Setup) -> None:
        self._setup = setup
        die_with(setup.coordinator)  # while the import lasts nobody looks whether the coordinator is still there
        notice = None
        if setup.start_method != "spawn":
            live = import_live(setup.pipeline, setup.root)
            if isinstance(live, Failure):
                self.channel.send(wire.BROKEN, 0, pack(live))
                self._end()
            self._live = live
            import_ahead(setup.preload)
            notice = self._check_forking()
        outlive_parent()  # from here on the closed pipe is seen at once, and stages' processes are ended too
        adopt_orphans()
        self._children = children()
        for number in (signal.SIGCHLD, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, lambda *_: None) or signal.SIG_DFL
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._tell_ready(notice)

    def _tell_ready(self, notice: str | None) -> None:
        sources = [(source.file, source.digest) for source in self._live.loaded.sources] if self._live else []
        self._known = len(sources)
        self.channel.send(wire.READY, 0, pack([notice, sources]))

    def _check_forking(self) -> str | None:
        """Make the live pipeline ready for the next fork; give it up if it must not be forked, and say why."""
        reason = obstacle() if self._setup.start_method == "auto" else None
        if reason is not None:
            self._live = None
            return f"{reason}, so each stage starts a Python of its own, which takes longer"
        child.write_out()
        freeze()
        return None

    # The life of a task

    def _begin(self, number: int, order: WorkOrder) -> None:
        if self._live and order.stage in self._live.stages and import_ahead(libraries(self._live.stages[order.stage])):
            notice = self._check_forking()
            if notice is not None:
                self._tell_ready(notice)
        try:
            task = self._launch(number, order)
        except OSError as error:
            problem = f"no process could be started for it: {error.strerror}"
            self.channel.send(wire.ENDED, number, Ending(0, wire.NOT_STARTED, 0.0).pack(pack(problem)))
            return
        self.tasks[number] = task
        self._selector.register(task.output, selectors.EVENT_READ, partial(self._carry_output, task))
        self._selector.register(task.reports, selectors.EVENT_READ, partial(self._carry_report, task))
        self.channel.send(wire.BEGAN, number, pack(task.pid))

    def _launch(self, number: int, order: WorkOrder) -> Task:
        output, text = os.pipe()
        reports, sink = os.pipe()
        try:
            pid = self._start_fresh(order, text, sink) if self._live is None else fork()
        except OSError:
            os.close(output)
            os.close(reports)
            raise
        else:
            if pid == 0:
                self._become(order, self._live, text, sink, (output, reports))
        finally:
            os.close(text)
            os.close(sink)
        os.set_blocking(output, False)
        os.set_blocking(reports, False)
        return Task(number, order, pid, output, reports)

    def _become(self, order: WorkOrder, live: Live | None, text: int, sink: int, ends: tuple[int, ...]) -> NoReturn:
        """Be the forked child."""
        try:
            assert live is not None
            signal.set_wakeup_fd(-1)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            mine = (self.channel.reader, self.channel.writer, self._wake, self._waker)
            others = [one for task in self.tasks.values() for one in task.descriptors()]
            poll = getattr(self._selector, "fileno", None)
            child.settle_in(self.pid, text, (*ends, *mine, *others, *((poll(),) if poll else ())))
            child.work(order, live, sink, self._known)
        finally:
            os._exit(OWN_ERROR)

    def _start_fresh(self, order: WorkOrder, text: int, sink: int) -> int:
        orders, feed = os.pipe()
        try:
            code = "from pivot.execute.child import main; main()"
            pid = interpreter.start(code, (0, text, text, orders, sink), session=False)
        except OSError:
            os.close(feed)
            raise
        finally:
            os.close(orders)
        try:
            data = memoryview(pack([self.pid, self._setup.pipeline, order]))
            while data:
                data = data[os.write(feed, data) :]
        except BrokenPipeError:
            pass  # it died already, which the wait will tell
        finally:
            os.close(feed)
        return pid

    def _carry_output(self, task: Task) -> None:
        data = task.read_output()
        if data == b"":
            self._selector.unregister(task.output)
        elif data:
            self._tell(task, data)

    def _tell(self, task: Task, data: bytes) -> None:
        if self.channel.pending > MOST_UNSENT:
            task.untold += len(data)
            return
        self._tell_untold(task)
        self.channel.send(wire.TEXT, task.number, data)

    def _tell_untold(self, task: Task) -> None:
        if task.untold:
            note = f"\n[{task.untold:,} bytes are only in the log]\n"
            self.channel.send(wire.TEXT, task.number, note.encode())
            task.untold = 0

    def _carry_report(self, task: Task) -> None:
        if task.read_report() == b"":
            self._selector.unregister(task.reports)

    def _stop(self, task: Task, why: bytes) -> None:
        if task.phase == "running":
            task.why = why
            task.enter("stopping", PATIENCE)
            kill_group(task.pid, signal.SIGTERM)
            kill_group(task.pid, signal.SIGCONT)  # one that is stopped would not hear the other

    def _reap(self) -> None:
        """Find the tasks whose process ended, and finish those of which nothing is left."""
        for task in list(self.tasks.values()):
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

    def _left_behind(self, task: Task) -> bool:
        """Return whether a process that an ended task started is still there; what has ended is cleared away.

        A stage's process adopts its own orphans, so a child that the host did not start comes from an ended stage.
        """
        strays = self._strays()
        for pid in list(strays):
            if os.waitpid(pid, os.WNOHANG)[0]:
                strays.discard(pid)
        return bool(strays) or group_exists(task.pid)

    def _strays(self) -> set[int]:
        return children() - self._children - {task.pid for task in self.tasks.values()}

    def _act(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        for task in [one for one in self.tasks.values() if one.due <= now]:
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

    def _kill_left_behind(self, task: Task) -> None:
        for pid in self._strays():
            os.kill(pid, signal.SIGKILL)
        if group_exists(task.pid):
            os.killpg(task.pid, signal.SIGKILL)

    def _drain(self, task: Task) -> None:
        """Read what an ended process left in its pipes; not for ever, since those it left behind may go on writing."""
        for _ in range(MOST_UNSENT // wire.CHUNK):
            data = task.read_output()
            if not data:
                break
            self._tell(task, data)
        while task.read_report():
            pass

    def _finish(self, task: Task) -> None:
        del self.tasks[task.number]
        for one in (task.output, task.reports):
            if one in self._selector.get_map():
                self._selector.unregister(one)
        self._tell_untold(task)
        status = signal.SIGKILL if task.status is None else task.status
        ending = Ending(status, task.why, time.monotonic() - task.began)
        task.close()
        self.channel.send(wire.ENDED, task.number, ending.pack(task.report))

    # The loop

    def _hear_signals(self) -> None:
        if signal.SIGTERM in os.read(self._wake, wire.CHUNK):
            raise Closed

    def _patience(self) -> float | None:
        """Return the seconds until something must be done, None if nothing must."""
        if not self.tasks:
            return None
        if any(task.status is not None for task in self.tasks.values()):
            return 0.01  # not every kernel says when the last of a group is gone
        due = min(task.due for task in self.tasks.values())
        return None if math.isinf(due) else max(0.0, due - time.monotonic())

    def _watch_channel(self) -> None:
        watched = self.channel.writer in self._selector.get_map()
        if self.channel.pending and not watched:
            self._selector.register(self.channel.writer, selectors.EVENT_WRITE, self.channel.flush)
        elif watched and not self.channel.pending:
            self._selector.unregister(self.channel.writer)

    def _end(self) -> NoReturn:
        """End every process below this one, then this one."""
        for task in self.tasks.values():
            if task.status is None:
                kill_group(task.pid)
            elif group_exists(task.pid):
                os.killpg(task.pid, signal.SIGKILL)
        give_up = time.monotonic() + GIVE_UP
        while (left := children()) and time.monotonic() < give_up:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        os._exit(0)


def main() -> NoReturn:
    """Serve the coordinator that started this process."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor > EVENTS:  # whatever the coordinator was given without wanting it
            with suppress(OSError):
                os.close(descriptor)
    for descriptor in (COMMANDS, EVENTS):
        os.set_inheritable(descriptor, False)
    child.plain_output()
    try:
        Host(Channel(COMMANDS, EVENTS)).serve()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(OWN_ERROR)
