"""The line that moves while objects do, or are read: how many, how much, how fast.

On a terminal, once it takes more than a second. The drawing is that of ``progress``; what came of it all is told by
the commands.
"""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from pivot_cli.progress import DELAY, Spinner
from pivot_cli.quantities import amount, duration
from pivot_cli.terminal import Stream

if TYPE_CHECKING:
    from pivot.fsck import Reading
    from pivot_cli.wiring import Progress


class Meter(Spinner):
    """Call it with each ``Progress`` of a transfer, or ``Reading`` of a check."""

    def __init__(self, stream: Stream, word: str, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(stream, clock)
        self._word = word
        self._began = clock()
        self._progress: Progress | Reading | None = None

    def __call__(self, progress: "Progress | Reading") -> None:
        self._progress = progress
        if self._thread is None:
            self._began = self._clock()
            self.start(self._word)

    def text(self) -> str:
        """Return the line as it should be now; empty while nothing has taken long enough."""
        told, seconds = self._progress, self._clock() - self._began
        if told is None or seconds < DELAY:
            return ""
        rate = told.bytes_done / seconds
        left = (told.bytes - told.bytes_done) / rate if rate else 0
        marks = self._stream.marks.spinner
        line = (
            f"{marks[self._turn % len(marks)]} {self._word} {told.objects_done:,} of {told.objects:,} objects, "
            f"{amount(told.bytes_done)} of {amount(told.bytes)}, {amount(int(rate))}/s"
        )
        return (line + (f", {duration(round(left))} left" if left >= 1 else ""))[: self._stream.width - 1]
