"""The stages that run, in the hands of an executor: started with the first of them, and ended with the run.

What becomes of a stage that ended is for ``run`` to say.
"""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter, time_ns

from pivot.events import Emit, Notice, StageOutput
from pivot.execute.executor import Executor, Output, Result, WorkOrder
from pivot.plan import Step

PATIENCE = 4.0  # seconds for what runs to end after an interruption


class UnderWay:
    """The stages of one run that are running; ``emit`` hears what they print.

    ``packages`` are third-party modules that stages will want imported.
    """

    def __init__(self, make_executor: Callable[[], Executor], packages: Sequence[str], emit: Emit) -> None:
        self._make_executor = make_executor
        self._packages = packages
        self._executor: Executor | None = None
        self._emit = emit
        self._noticed = False
        self._begun: dict[str, tuple[Step, int]] = {}  # and when, in nanoseconds since the epoch

    def start(self) -> Executor:
        """Return the executor, started if it was not."""
        if self._executor is None:
            self._executor = self._make_executor()
            self._executor.start(self._packages)
        return self._executor

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stages that are running, as they were decided."""
        return tuple(step for step, _ in self._begun.values())

    @property
    def full(self) -> bool:
        """Whether another stage has to wait until one of these ends."""
        return bool(self._begun) and len(self._begun) >= self.start().slots

    def begin(self, step: Step, order: WorkOrder) -> None:
        """Run a stage; not while it is full."""
        self._begun[order.stage] = (step, time_ns())
        self.start().submit(order)

    def ended(self, timeout: float | None = None) -> Iterator[tuple[Step, int, Result]]:
        """Wait until something happens, at most so long; yield each stage that ended, with when it began."""
        executor = self.start()
        for event in executor.events(timeout):
            if executor.notice and not self._noticed:
                self._noticed = True
                self._emit(Notice(executor.notice))
            if isinstance(event, Output):
                self._emit(StageOutput(event.stage, event.text))
            else:
                yield *self._begun.pop(event.stage), event

    def end(self, stage: str) -> None:
        """End a stage if it is running; it is still yielded as ended."""
        if stage in self._begun:
            self.start().cancel(stage)

    def cancel(self) -> None:
        """Ask all to end and wait a little; a second interruption ends the patience.

        The first one may have come at any instant, so the end of a stage may have been lost.
        """
        if self._executor is None:
            return
        self._executor.cancel()
        give_up = perf_counter() + PATIENCE
        while self._begun and (left := give_up - perf_counter()) > 0:
            for event in self._executor.events(left):
                if isinstance(event, Result):
                    self._begun.pop(event.stage, None)

    def dismiss(self) -> None:
        """Let the executor end already: nothing runs, and nothing more will."""
        if self._executor is not None:
            self._executor.dismiss()

    def close(self) -> None:
        """End what is still running, at once."""
        if self._executor is not None:
            self._executor.close()
