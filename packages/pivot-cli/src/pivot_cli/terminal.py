"""Where a command's words go: two streams, each of which knows whether it may use colour and whether it is live.

Knows nothing of stages; ``render`` and ``explain`` decide what is said.
"""

import errno
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from pivot_fingerprint.named import NamedTuple

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def plain(line: str) -> str:
    """Return a line of somebody else's as a terminal shows it safely: without colours, control characters escaped."""
    if line.isprintable():
        return line
    import re  # for the few that are not

    line = re.sub(r"\x1b\[[\d;]*m", "", line)
    return "".join(char if char.isprintable() or char in "\t\n" else repr(char)[1:-1] for char in line)


class OutputLost(Exception):
    """What the command says cannot be written; ``number`` is the system's reason. Not the trouble of any stage."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Marks(NamedTuple):
    """The signs that begin a line."""

    done: str
    restored: str
    skipped: str
    failed: str
    blocked: str
    spinner: str


UNICODE = Marks("✓", "↺", "·", "✗", "-", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
ASCII = Marks("+", "<", ".", "x", "-", "|/-\\")


class Stream:
    """A text stream that is written line by line. ``live`` is true where a line may be redrawn, on a terminal only."""

    def __init__(self, file: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self.file = file
        self.live = file.isatty() and environ.get("TERM") != "dumb"
        self.coloured = self.live and not environ.get("NO_COLOR")
        self.marks = UNICODE if "utf" in (getattr(file, "encoding", None) or "utf-8").lower() else ASCII

    def line(self, text: str = "") -> None:
        """Write a line, at once: whoever reads a log sees it when it happens. Raises OutputLost."""
        self.put(f"{text}\n")

    def put(self, text: str) -> None:
        """Write a text as it is, at once. Raises OutputLost."""
        try:
            self.file.write(text)
            self.file.flush()
        except OSError as error:
            raise OutputLost(error.errno or errno.EIO) from None

    def json(self, data: Mapping[str, Any]) -> None:
        """Write a JSON object, indented; whatever cannot be JSON is written as text."""
        import orjson  # 2 ms, for --json only

        try:
            text = orjson.dumps(data, option=orjson.OPT_INDENT_2, default=str).decode()
        except TypeError:  # a file name that is not UTF-8
            from json import dumps

            text = dumps(data, indent=2, default=str)
        self.line(text)

    def paint(self, text: str, *styles: str) -> str:
        """Return the text in a style of ``CODES``, as it is where there is no colour."""
        if not self.coloured or not styles or not text:
            return text
        return f"\x1b[{';'.join(CODES[style] for style in styles)}m{text}\x1b[0m"

    @property
    def width(self) -> int:
        """The columns of the terminal; 80 where it does not say."""
        try:
            return os.get_terminal_size(self.file.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


class Terminal(NamedTuple):
    """The streams of a command: results on ``out``, errors on ``err``."""

    out: Stream
    err: Stream


def open_terminal() -> Terminal:
    """Return the terminal of this process. A character that it cannot write is escaped, never an error."""
    for file in (sys.stdout, sys.stderr):
        if hasattr(file, "reconfigure"):
            file.reconfigure(errors="backslashreplace")
    return Terminal(Stream(sys.stdout), Stream(sys.stderr))
