"""The line that moves: which stages run and for how long, on a terminal, once one takes more than a second.

Used only where ``terminal.Stream.live`` says that a line can be redrawn; what is said for good goes through ``say``, so
that the two never mix.
"""

import threading
from collections.abc import Callable
from time import monotonic

from pivot_cli.quantities import duration
from pivot_cli.render import LiveLine
from pivot_cli.terminal import Stream

DELAY = 1.0  # seconds that a stage may take before it is worth a moving line
TICK = 0.1  # seconds between two drawings
ERASE = "\r\x1b[2K"


class Spinner(LiveLine):
    """Draws the running stages; ``start``, ``stop``, ``say`` and ``close`` may be called while it draws."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._since: dict[str, float] = {}
        self._drawn = False
        self._turn = 0

    def start(self, stage: str) -> None:
        with self._lock:
            self._since[stage] = self._clock()
            if self._thread is None:
                self._thread = threading.Thread(target=self._draw_on, name="pivot progress", daemon=True)
                self._thread.start()

    def stop(self, stage: str) -> None:
        with self._lock:
            self._since.pop(stage, None)

    def say(self, stream: Stream, text: str) -> None:
        with self._lock:
            self._erase()
            stream.line(text)
            self._draw()

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._since.clear()
            self._erase()

    def text(self) -> str:
        """Return the line as it should be now; empty while nothing has taken long enough."""
        now = self._clock()
        slow = [(stage, now - since) for stage, since in self._since.items() if now - since >= DELAY]
        if not slow:
            return ""
        marks = self._stream.marks.spinner
        shown = "   ".join(
            f"{stage} {duration(int(seconds)) if seconds >= 60 else f'{seconds:.0f} s'}" for stage, seconds in slow
        )
        return f"{marks[self._turn % len(marks)]} {shown}"[: self._stream.width - 1]

    def _draw_on(self) -> None:
        while not self._over.wait(TICK):
            with self._lock:
                self._turn += 1
                self._draw()

    def _draw(self) -> None:
        text = self.text()
        if text:
            self._put(ERASE + text)
            self._drawn = True
        else:
            self._erase()

    def _erase(self) -> None:
        if self._drawn:
            self._put(ERASE)
            self._drawn = False

    def _put(self, text: str) -> None:
        try:
            self._stream.file.write(text)
            self._stream.file.flush()
        except OSError:
            self._over.set()  # the terminal is gone; the run is told by its next line
