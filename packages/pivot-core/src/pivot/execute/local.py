"""The executor of this machine: one host process that makes a process for each stage.

Everything here happens in the thread that calls; the host does what must happen while that thread is busy. Should the
host die, every stage under way has failed, and the next order starts another one.
"""

import os
import selectors
import signal
import time
from codecs import IncrementalDecoder, getincrementaldecoder
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from pivot.execute import wire
from pivot.execute.executor import Failure, Output, Result, WorkOrder
from pivot.execute.fresh_host import FreshHost
from pivot.execute.host_process import HostProcess
from pivot.execute.interpreter import ANEW, Starter
from pivot.execute.verdict import CANCELLED, failed, result
from pivot.execute.wire import Closed, Frame, Setup, pack, unpack
from pivot_fingerprint.named import NamedTuple


class _Task(NamedTuple):
    """An order under way."""

    order: WorkOrder
    decoder: IncrementalDecoder


class LocalExecutor:
    """Runs the stages of one pipeline on this machine, ``slots`` at a time; implements ``Executor``.

    ``pipeline`` is the absolute path of ``pipeline.py``, ``root`` that of the project. ``start_method`` is ``fork``,
    ``spawn``, or ``auto``: fork where it is safe. ``fresh`` is a host for it, if one was started already.
    ``notice`` is a sentence for the user once there is something to say, such as why stages are not forked.
    """

    def __init__(
        self,
        *,
        pipeline: str,
        root: str,
        jobs: int | None = None,
        start_method: str = "auto",
        starter: Starter = ANEW,
        fresh: FreshHost | None = None,
    ) -> None:
        if start_method not in ("auto", "fork", "spawn"):
            raise ValueError(f"start_method is auto, fork or spawn, not {start_method!r}")
        self.slots = jobs or os.process_cpu_count() or 1
        self.notice: str | None = None
        self._setup = Setup(pipeline, root, (), start_method)
        self._starter = starter
        self._host: HostProcess | None = None
        self._set_up = False  # the host knows what to import
        self._ready = False  # the host has imported the pipeline
        self._broken: Failure | None = None  # it cannot, and no other host will do better
        self._sources: tuple[tuple[str, str], ...] = ()  # what the host compiled
        self._tasks: dict[int, _Task] = {}
        self._pids: dict[int, int] = {}
        self._number = 0
        self._happened: deque[Output | Result] = deque()
        self._unwanted: deque[int] = deque()  # orders to cancel
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ, self._cancel)
        if fresh is not None:
            self._take_host(fresh)

    def boot(self, sources: Sequence[str] = ()) -> None:
        """Start the host if it is not there, and have it compile sources for the import of the pipeline."""
        if self._host is None and self._broken is None:
            self._start_host()
        if sources and not self._set_up and self._setup.start_method != "spawn":
            self._send(wire.COMPILE, 0, pack(sources))

    def _start_host(self) -> None:
        try:
            fresh = FreshHost(self._starter)
        except OSError as error:
            self._broken = Failure("died", f"no process could be started: {error.strerror}")
        else:
            self._take_host(fresh)

    def _take_host(self, fresh: FreshHost) -> None:
        self._host = HostProcess(fresh)
        self._set_up = False
        self._selector.register(self._host.channel.reader, selectors.EVENT_READ, self._receive)
        self._selector.register(self._host.printed, selectors.EVENT_READ, self._hear)

    def start(self, packages: Sequence[str] = ()) -> None:
        """Start the host if it is not there, and have it begin to import the pipeline and the packages."""
        self.boot()
        if not self._set_up:
            self._setup = self._setup._replace(preload=tuple(packages) or self._setup.preload)
            self._set_up = True
            self._send(wire.SETUP, 0, pack(self._setup))

    def submit(self, order: WorkOrder) -> None:
        """Begin to run a stage."""
        self.start()
        if self._broken is not None:
            self._happened.append(failed(order.stage, self._broken))
            return
        self._number += 1
        self._tasks[self._number] = _Task(order, getincrementaldecoder("utf-8")("replace"))
        self._send(wire.ORDER, self._number, pack(order._replace(inputs=())))

    def events(self, timeout: float | None = None) -> Iterator[Output | Result]:
        """Yield what has happened since the last call, after waiting at most ``timeout`` seconds for it if need be."""
        give_up = None if timeout is None else time.monotonic() + timeout
        while self._tasks and not self._happened:
            left = None if give_up is None else max(0.0, give_up - time.monotonic())
            for key, _ in self._selector.select(left):
                key.data()
            self._watch_writer()
            if left == 0.0:
                break
        while self._happened:
            yield self._happened.popleft()

    def cancel(self, stage: str | None = None) -> None:
        """End one running stage, or all. A signal handler or another thread may call it, also during ``events``."""
        tasks = list(self._tasks.items())
        self._unwanted.extend(number for number, task in tasks if stage in (None, task.order.stage))
        with suppress(BlockingIOError):  # then it will wake up as it is
            os.write(self._waker, b"c")

    def dismiss(self) -> None:
        """Tell the host to end; ``close`` waits for it."""
        if self._host is not None:
            self._host.dismiss()

    def close(self) -> None:
        """End the host and with it all that runs. The executor cannot be used again."""
        if self._wake < 0:
            return
        self._tasks.clear()
        self._end_host()
        self._selector.close()
        os.close(self._wake)
        os.close(self._waker)
        self._wake = -1

    # From the host

    def _receive(self) -> None:
        if self._host is None:
            return  # ended by a cancellation that was dealt with just before
        try:
            for frame in self._host.channel.receive():
                self._take(frame)
        except Closed:
            self._lose_host()

    def _hear(self) -> None:
        if self._host is not None and not self._host.hear():
            self._selector.unregister(self._host.printed)

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case wire.READY:
                notice, sources = unpack(frame.payload)
                self._ready = True
                self.notice = notice or self.notice
                self._sources = tuple((file, digest) for file, digest in sources)
            case wire.BROKEN:
                self._broken = Failure(*unpack(frame.payload))
            case wire.BEGAN:
                self._pids[frame.order] = unpack(frame.payload)
            case wire.TEXT:
                if task := self._tasks.get(frame.order):
                    self._tell(task, frame.payload)
            case wire.ENDED:
                self._pids.pop(frame.order, None)
                if task := self._tasks.pop(frame.order, None):
                    self._tell(task, b"", last=True)
                    self._happened.append(result(task.order, frame.payload, self._sources))

    def _tell(self, task: _Task, data: bytes, *, last: bool = False) -> None:
        if text := task.decoder.decode(data, last):
            self._happened.append(Output(task.order.stage, text))

    def _lose_host(self) -> None:
        """Fail everything that was under way: the host has ended by itself."""
        failure = self._bury_host()
        if not self._ready and self._broken is None:
            self._broken = failure  # another one would end in the same way
        for task in self._tasks.values():
            self._happened.append(failed(task.order.stage, self._broken or failure))
        self._tasks.clear()
        self._ready = False

    def _end_host(self) -> None:
        if self._host is not None:
            self._host.hang_up()
            self._bury_host()

    def _bury_host(self) -> Failure:
        assert self._host is not None
        host, self._host = self._host, None
        for one in (host.channel.reader, host.channel.writer, host.printed):
            if one in self._selector.get_map():
                self._selector.unregister(one)
        failure = host.bury()
        for pid in self._pids.values():  # stages die with the host, but not what they have started
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self._pids.clear()
        return failure

    # To the host

    def _cancel(self) -> None:
        os.read(self._wake, wire.CHUNK)
        while self._unwanted:
            number = self._unwanted.popleft()
            if number in self._tasks:
                self._send(wire.CANCEL, number)
                if not self._ready:  # the host may be busy for long
                    task = self._tasks.pop(number)
                    self._happened.append(failed(task.order.stage, CANCELLED))
        if not self._tasks and not self._ready:
            self._end_host()

    def _send(self, kind: bytes, number: int, payload: bytes = b"") -> None:
        if self._host is None:
            return
        try:
            self._host.channel.send(kind, number, payload)
        except Closed:
            return  # reading finds out as well, and deals with it
        self._watch_writer()

    def _flush(self) -> None:
        if self._host is not None:
            try:
                self._host.channel.flush()
            except Closed:
                self._lose_host()

    def _watch_writer(self) -> None:
        """Wait for room in the pipe while there is something to send."""
        if self._host is None:
            return
        channel = self._host.channel
        watched = channel.writer in self._selector.get_map()
        if channel.pending and not watched:
            self._selector.register(channel.writer, selectors.EVENT_WRITE, self._flush)
        elif watched and not channel.pending:
            self._selector.unregister(channel.writer)
