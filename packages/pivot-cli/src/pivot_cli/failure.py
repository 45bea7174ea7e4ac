"""What a failed stage says: the problem, the user's traceback, the end of its log.

Used for the terminal only; ``report`` gives the same failure as data.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pivot.execute.executor import Failure
from pivot_cli.terminal import plain
from pivot_cli.words import shown_path

TAIL = 20  # lines of the log
READ = 64 * 1024  # bytes of the log that are looked at


def describe_failure(failure: Failure, log: str | None, root: Path, *, tail: bool = True) -> Iterator[str]:
    """Yield the lines that explain a failure, first the problem; ``tail`` adds the end of what the stage printed."""
    yield from map(plain, failure.problem.splitlines() or ["failed"])
    if failure.argument:
        yield f"Argument: {failure.argument}"
    if failure.file and not failure.traceback:  # which names the place, and the way to it
        yield f"File: {failure.file}:{failure.line}" if failure.line else f"File: {failure.file}"
    if failure.hint:
        yield f"Hint: {failure.hint}"
    if failure.traceback:
        yield from map(plain, failure.traceback.rstrip().splitlines())
    last = last_lines(log) if log else []
    if log and last:
        yield f"Log: {shown_path(root, log)}"
        if tail:
            yield from (f"  | {plain(line)}" for line in last)


def last_lines(log: str, count: int = TAIL) -> list[str]:
    """Return the last lines of a log; none if it is empty or not there."""
    try:
        if not stat.S_ISREG(os.lstat(log).st_mode):
            return []
        with open(log, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - READ))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.rstrip().splitlines()[-count:]
