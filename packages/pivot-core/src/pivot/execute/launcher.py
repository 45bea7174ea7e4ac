"""Making the process of one stage: forked from the host, where the pipeline is live, or a Python of its own.

Decides which of the two, and prepares for it; what becomes of the process is for ``supervisor``.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from pivot.execute import child, interpreter
from pivot.execute.executor import Failure, WorkOrder
from pivot.execute.forking import how_to_fork, obstacle
from pivot.execute.live import Live, freeze, import_ahead, import_live, libraries, missing
from pivot.execute.task import Task
from pivot.execute.verdict import OWN_ERROR
from pivot.execute.wire import Setup, pack


class Launcher:
    """Launches the stages of one pipeline.

    ``notice`` says why stages are not forked, once that is so; ``sources`` are the files that were compiled for all of
    them. ``handlers`` are the signal handlers that a forked child puts back.
    """

    def __init__(self, setup: Setup) -> None:
        self.notice: str | None = None
        self.sources: tuple[tuple[str, str], ...] = ()
        self.handlers: dict[int, Any] = {}
        self._setup = setup
        self._host = os.getpid()
        self._live: Live | None = None  # None: each stage imports the pipeline itself
        self._fork: Callable[[], int] = os.fork

    def load(self) -> Failure | None:
        """Import the pipeline, if stages are to be forked, and what is wanted ahead; return why that cannot be done."""
        if self._setup.start_method == "spawn":
            return None
        live = import_live(self._setup.pipeline, self._setup.root)
        if isinstance(live, Failure):
            return live
        self._live = live
        self.sources = tuple((source.file, source.digest) for source in live.loaded.sources)
        import_ahead(self._setup.preload)
        self._get_ready(live)
        return None

    def wants(self, order: WorkOrder) -> list[str]:
        """Return the modules that the stage's loaders will import and that are not imported here yet."""
        stage = self._live.stages.get(order.stage) if self._live else None
        return missing(libraries(stage)) if stage else []

    def prepare(self, modules: Iterable[str]) -> None:
        """Import modules here, so that the next stages find them imported."""
        if self._live is not None:
            import_ahead(modules)
            self._get_ready(self._live)

    def launch(self, number: int, order: WorkOrder, foreign: Callable[[], Iterable[int]]) -> Task:
        """Start the process of a stage; ``foreign`` are descriptors of the host's that are none of its business.

        Raises OSError when no process can be started.
        """
        output, text = os.pipe()
        try:
            reports, sink = os.pipe()
        except OSError:
            _close(output, text)
            raise
        try:
            if self._live is None:
                pid = self._start_fresh(order, text, sink)
            elif (pid := self._fork()) == 0:
                self._become(order, self._live, text, sink, lambda: (output, reports, *foreign()))
        except OSError:
            _close(output, reports)
            raise
        finally:
            _close(text, sink)
        os.set_blocking(output, False)
        os.set_blocking(reports, False)
        return Task(number, order, pid, output, reports)

    def _get_ready(self, live: Live) -> None:
        """Make the live pipeline ready for the next fork, or give it up if it must not be forked."""
        reason = obstacle() if self._setup.start_method == "auto" else None
        if reason is not None:
            self._live, self.sources = None, ()
            self.notice = f"{reason}, so each stage starts a Python of its own, which takes longer"
            return
        for file in live.files:
            child.flush(file)
        child.write_out()
        self._fork = how_to_fork()
        freeze()

    def _become(
        self, order: WorkOrder, live: Live, text: int, sink: int, foreign: Callable[[], Iterable[int]]
    ) -> NoReturn:
        """Be the forked child."""
        try:
            signal.set_wakeup_fd(-1)
            for number, handler in self.handlers.items():
                signal.signal(number, handler)
            child.settle_in(self._host, text, foreign())
            child.work(order, live, sink, len(self.sources))
        except BaseException:  # whatever it is, a child must not go on as the host
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(OWN_ERROR)

    def _start_fresh(self, order: WorkOrder, text: int, sink: int) -> int:
        orders, feed = os.pipe()
        try:
            code = "from pivot.execute.child import main; main()"
            pid = interpreter.start(code, (0, text, text, orders, sink), session=False)
        except OSError:
            _close(feed)
            raise
        finally:
            _close(orders)
        try:
            data = memoryview(pack([self._host, self._setup.pipeline, order]))
            while data:
                data = data[os.write(feed, data) :]
        except BrokenPipeError:
            pass  # it died already, which will be seen
        finally:
            _close(feed)
        return pid


def _close(*descriptors: int) -> None:
    for one in descriptors:
        os.close(one)
