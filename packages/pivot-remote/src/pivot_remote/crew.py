"""Several threads that share a row of work.

For waiting on disks and servers, not for computing. What the work is, and what counts as a failure of one piece of it,
is known by whoever hands it in (``expansion``, ``transfer``).
"""

from collections import deque
from collections.abc import Callable, Iterable
from threading import Event


class Stopped(Exception):
    """The work was given up because another piece of it failed for all, or somebody asked to stop."""


class Crew:
    """Up to ``jobs`` threads."""

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise ValueError(f"at least one job is needed, not {jobs}")
        self.jobs = jobs
        self._stop = Event()

    def check(self) -> None:
        """Raise ``Stopped`` if the work is to end; for pieces of work that take long."""
        if self._stop.is_set():
            raise Stopped

    def work[T](self, items: Iterable[T], do: Callable[[T], None]) -> None:
        """Do every item. The first exception, also an interrupt of the caller, stops the rest and is raised."""
        waiting = deque(items)

        def take_and_do() -> None:
            while waiting and not self._stop.is_set():
                try:
                    item = waiting.popleft()
                except IndexError:  # another thread took the last one
                    return
                try:
                    do(item)
                except BaseException:
                    self._stop.set()
                    raise

        if not waiting:
            return
        count = min(self.jobs, len(waiting))
        if count == 1:
            take_and_do()
            return
        from concurrent.futures import ThreadPoolExecutor  # lazy: a look at what is there needs no threads

        with ThreadPoolExecutor(count, "pivot-remote") as threads:
            try:
                running = [threads.submit(take_and_do) for _ in range(count)]
                failures = [error for thread in running if (error := thread.exception()) is not None]
            except BaseException:
                self._stop.set()
                raise
        if failures:
            raise min(failures, key=lambda error: isinstance(error, Stopped))
