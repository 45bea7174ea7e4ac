"""A process for the stages of a run that starts before it is known whether any stage runs.

Used where it is known that something changed: to find out what takes about as long as that process takes to start, and
most edits have something to run then. Nothing of the user's is executed there before the first stage is to run, unless
nothing was ever recorded: then something runs.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the sooner this module is there, the sooner that process starts
    from pivot.execute.executor import Executor
    from pivot.run import MakeExecutor


class Early:
    """Makes the executor of one run. What was made and not taken is closed at the end of the ``with`` block."""

    def __init__(self, make_executor: "MakeExecutor", jobs: int) -> None:
        self._make_executor = make_executor
        self._jobs = jobs
        self._booted: Executor | None = None

    def __enter__(self) -> "Early":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._booted is not None:
            self._booted.close()

    def boot(self, sources: Sequence[str] = ()) -> "Executor":
        """Make an executor, have its process started, and have these source files compiled there; return it."""
        if self._booted is None:
            self._booted = self._make_executor(self._jobs)
        self._booted.boot(sources)
        return self._booted

    def take(self, jobs: int) -> "Executor":
        """Return the executor: the one that was made, or a new one. It is the caller's to close."""
        booted, self._booted = self._booted, None
        return booted or self._make_executor(jobs)
