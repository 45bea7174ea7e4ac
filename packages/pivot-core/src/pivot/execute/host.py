"""The host of one run: imports the pipeline once, then has a process made for each order and looked after to its end.

Started by ``local``, which is the only one that talks to it. The host runs no stage itself, so nothing that a stage
does can harm another. When the coordinator is gone, so are the host and every stage.
"""

import gc
import os
import selectors
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

from pivot.execute import child, interpreter, wire
from pivot.execute.descendants import adopt_orphans, die_first
from pivot.execute.executor import WorkOrder
from pivot.execute.launcher import Launcher
from pivot.execute.supervisor import Supervisor
from pivot.execute.verdict import OWN_ERROR
from pivot.execute.wire import Channel, Closed, Ending, Frame, Setup, pack, unpack
from pivot_fingerprint.importing import compile_ahead

COMMANDS, EVENTS, ALIVE = 3, 4, 5  # descriptors that the coordinator hands over


class Host:
    """The loop: messages from the coordinator, signals, what tasks send, what is due."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._inbox: deque[Frame] = deque()
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel.reader, selectors.EVENT_READ, self._receive)
        self._selector.register(self._wake, selectors.EVENT_READ, self._hear_signals)
        self._supervisor = Supervisor(channel, self._selector)
        self._launcher = Launcher(Setup("", "", (), "spawn"))

    def serve(self) -> NoReturn:
        """Take orders until the coordinator is gone, then end everything and this process."""
        with suppress(Closed):
            while True:
                for key, _ in self._selector.select(self._supervisor.patience()):
                    key.data()
                self._supervisor.attend()
                self._watch_writer()
        self._supervisor.end()
        os._exit(0)

    def _receive(self) -> None:
        self._inbox.extend(self._channel.receive())
        while self._inbox:
            frame = self._inbox.popleft()
            match frame.kind:
                case wire.COMPILE:
                    for path in unpack(frame.payload):
                        compile_ahead(path)
                case wire.SETUP:
                    self._set_up(Setup(*unpack(frame.payload)))
                    self._inbox.extend(self._channel.receive())  # a cancellation may have come meanwhile
                case wire.ORDER:
                    if any(later.kind == wire.CANCEL and later.order == frame.order for later in self._inbox):
                        self._channel.send(wire.ENDED, frame.order, Ending(0, wire.CANCELLED, 0.0).pack())
                    else:
                        self._begin(frame.order, WorkOrder(*unpack(frame.payload)))
                case wire.CANCEL:
                    self._supervisor.cancel(frame.order)

    def _set_up(self, setup: Setup) -> None:
        self._launcher = Launcher(setup)
        interpreter.end_with(ALIVE)  # while the import lasts nobody looks whether the coordinator is still there
        with self._supervisor.keeping_children():
            failure = self._launcher.load()
        if failure is not None:
            self._channel.send(wire.BROKEN, 0, pack(failure))
            self._channel.finish()
            raise Closed
        os.close(ALIVE)  # from here on the closed pipe is seen at once, and stages' processes are ended too
        adopt_orphans()
        for number in (signal.SIGCHLD, signal.SIGTERM):
            self._launcher.handlers[number] = signal.signal(number, lambda *_: None) or signal.SIG_DFL
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._tell_ready()

    def _tell_ready(self) -> None:
        self._channel.send(wire.READY, 0, pack([self._launcher.notice, self._launcher.sources]))

    def _begin(self, number: int, order: WorkOrder) -> None:
        if modules := self._launcher.wants(order):
            with self._supervisor.keeping_children():
                self._launcher.prepare(modules)
            self._tell_ready()
        try:
            task = self._launcher.launch(number, order, self._descriptors)
        except OSError as error:
            problem = f"no process could be started for it: {error.strerror}"
            self._channel.send(wire.ENDED, number, Ending(0, wire.NOT_STARTED, 0.0).pack(pack(problem)))
        else:
            self._supervisor.take(task)

    def _descriptors(self) -> Iterator[int]:
        yield from (self._channel.reader, self._channel.writer, self._wake, self._waker)
        yield from self._supervisor.descriptors()
        if isinstance(self._selector, selectors.EpollSelector):  # a kqueue is not inherited
            yield self._selector.fileno()

    def _hear_signals(self) -> None:
        if signal.SIGTERM in os.read(self._wake, wire.CHUNK):
            raise Closed

    def _watch_writer(self) -> None:
        watched = self._channel.writer in self._selector.get_map()
        if self._channel.pending and not watched:
            self._selector.register(self._channel.writer, selectors.EVENT_WRITE, self._channel.flush)
        elif watched and not self._channel.pending:
            self._selector.unregister(self._channel.writer)


def main() -> NoReturn:
    """Serve the coordinator that started this process."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor > ALIVE:  # whatever the coordinator was given without wanting it
            with suppress(OSError):
                os.close(descriptor)
    for descriptor in (COMMANDS, EVENTS, ALIVE):
        os.set_inheritable(descriptor, False)
    die_first()
    child.plain_output()
    gc.freeze()  # then what the pipeline makes is quickly told from what was there
    gc.enable()
    try:
        Host(Channel(COMMANDS, EVENTS)).serve()
    except BaseException:  # told, and then no exit handler of the user's modules runs here
        sys.excepthook(*sys.exc_info())
        os._exit(OWN_ERROR)
