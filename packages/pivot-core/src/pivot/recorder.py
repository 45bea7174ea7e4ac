"""Stages that ended well, on their way into the records: a few together, since one wait for the disk serves all.

Used by ``repro``, which starts what can be started first, so that recording goes on while other stages run. What is
recorded, and in which order, is the business of ``commit``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter

from pivot.commit import commit, hold_back
from pivot.execute.executor import Failure, Result
from pivot.lock import Lock
from pivot.look import Look
from pivot.observation import Observation
from pivot.refusal import REFUSED, refusal
from pivot.workspace import Workspace
from pivot_fingerprint.named import NamedTuple

BATCH = 64  # stages that are recorded together, at most
LONGEST = 0.25  # seconds that a stage waits for others to be recorded with


class Ended(NamedTuple):
    """A stage that ended well, and what it was decided upon."""

    now: Observation
    result: Result


class Recorder:
    """The stages of a run that ended and are not recorded yet. ``pending`` holds their results back instead."""

    def __init__(self, workspace: Workspace, look: Look, *, pending: bool) -> None:
        self._workspace = workspace
        self._look = look
        self._pending = pending
        self._waiting: list[Ended] = []
        self._due = 0.0

    def add(self, ended: Ended) -> None:
        """Take a stage; it is recorded by the next ``record``."""
        if not self._waiting:
            self._due = perf_counter() + LONGEST
        self._waiting.append(ended)

    @property
    def waiting(self) -> int:
        """How many stages there are to record."""
        return len(self._waiting)

    @property
    def due(self) -> bool:
        """Whether it should not wait for more."""
        return len(self._waiting) >= BATCH or perf_counter() >= self._due

    def record(self, meanwhile: Callable[[], object] | None = None) -> Iterator[tuple[Ended, Lock | Failure]]:
        """Record what waits, and yield each stage with its lock, or with why it could not be recorded.

        ``meanwhile`` is called again and again while several wait for the disk; it may add others.
        """
        waiting, self._waiting = self._waiting, []
        yield from zip(waiting, self._record_all(waiting, meanwhile), strict=True)

    def _record_all(self, waiting: Sequence[Ended], meanwhile: Callable[[], object] | None) -> Iterable[Lock | Failure]:
        if len(waiting) > 1 and not self._pending:
            try:
                return commit(self._workspace, self._look, waiting, meanwhile)
            except REFUSED:
                pass  # what one of them made cannot be kept: that shall not be the failure of the others
        return map(self._record_alone, waiting)

    def _record_alone(self, one: Ended) -> Lock | Failure:
        try:
            if self._pending:
                return hold_back(self._workspace, self._look, *one)
            return commit(self._workspace, self._look, [one])[0]
        except REFUSED as error:
            return refusal(error)
