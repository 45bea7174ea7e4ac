"""The events of a run as lines on a terminal: one line for each stage that did something, one at the end.

Says nothing of a stage that was up to date (``verbose`` does), so a run that had nothing to do is one line. The line
that moves is the business of ``progress``, what a failure says that of ``failure``.
"""

from pathlib import Path
from time import perf_counter

from pivot.events import (
    Event,
    Notice,
    RunFinished,
    RunStarted,
    StageBlocked,
    StageCancelled,
    StageDone,
    StageFailed,
    StageOutput,
    StageRestored,
    StageSkipped,
    StageStarted,
)
from pivot.reasons import Reason
from pivot_cli.failure import describe_failure
from pivot_cli.quantities import duration, up_to_date
from pivot_cli.terminal import Stream, Terminal
from pivot_cli.words import NO_STAGES, short

LONGEST_LINE = 64 * 1024  # characters of a line that has not ended, before it is shown all the same


class LiveLine:
    """The line that moves, in its quiet form: there is none. ``progress.Spinner`` is the other."""

    def start(self, stage: str) -> None:
        """A stage runs from now on."""

    def stop(self, stage: str) -> None:
        """A stage is over."""

    def say(self, stream: Stream, text: str) -> None:
        """Write a line that stays."""
        stream.line(text)

    def close(self) -> None:
        """Take the line away for good."""


class Renderer:
    """Prints events as they come; call it with each.

    ``quiet`` leaves only failures; ``verbose`` adds what stages print, and those that are up to date.
    """

    def __init__(
        self,
        terminal: Terminal,
        root: Path,
        live: LiveLine,
        *,
        verbose: bool = False,
        quiet: bool = False,
        began: float | None = None,
    ) -> None:
        self._out = terminal.out
        self._err = terminal.err
        self._root = root
        self._live = live
        self._verbose = verbose
        self._quiet = quiet
        self._began = began
        self._width = 0
        self._reasons: dict[str, tuple[Reason, ...]] = {}
        self._unfinished: dict[str, str] = {}  # text of stages that have not ended their line yet
        self._blocked: dict[str | None, list[str]] = {}  # by the stage that failed
        self._cause: dict[str, str | None] = {}  # of each blocked stage: the stage that failed first

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(stages):
                self._width = max((len(stage) for stage in stages), default=0)
            case StageStarted(stage, reasons):
                self._reasons[stage] = reasons
                self._detail(stage, "starts", short(reasons))
                self._live.start(stage)
            case StageOutput(stage, text):
                self._printed(stage, text)
            case StageSkipped(stage):
                self._detail(stage, "up to date")
            case StageRestored(stage, reasons, seconds):
                self._stage(self._out.marks.restored, "cyan", stage, "restored", duration(seconds), short(reasons))
            case StageDone(stage, seconds):
                self._end(stage)
                words = short(self._reasons.get(stage, ()))
                self._stage(self._out.marks.done, "green", stage, "ran", duration(seconds), words)
            case StageFailed():
                self._failed(event)
            case StageCancelled(stage, seconds):
                self._end(stage)
                self._stage(self._out.marks.blocked, "yellow", stage, "cancelled", duration(seconds))
            case StageBlocked(stage, by):
                self._block(stage, by)
            case Notice(text, stage):
                self._line(self._out.paint(f"  {stage}: {text}" if stage else f"  {text}", "yellow"))
            case RunFinished():
                self._finished(event)

    def _detail(self, stage: str, word: str, words: str = "") -> None:
        if self._verbose:
            self._stage(self._out.marks.skipped, "dim", stage, word, "", words)

    def _block(self, stage: str, by: str | None) -> None:
        self._cause[stage] = cause = self._cause.get(by, by) if by else None
        self._blocked.setdefault(cause, []).append(stage)

    def _stage(self, mark: str, style: str, stage: str, word: str, time: str = "", words: str = "") -> None:
        shown = self._out.paint(mark, style)
        line = f"{shown} {stage:<{self._width}}   {word:<8} {time:>6}   {self._out.paint(words, 'dim')}"
        self._line(line.rstrip())

    def _line(self, text: str) -> None:
        if not self._quiet:
            self._live.say(self._out, text)

    def _error(self, text: str) -> None:
        self._live.say(self._err, text)

    def _printed(self, stage: str, text: str) -> None:
        if not self._verbose:
            return
        *lines, rest = (self._unfinished.pop(stage, "") + text).split("\n")
        for line in lines:
            self._output(stage, line)
        if len(rest) > LONGEST_LINE:
            self._output(stage, rest)
        elif rest:
            self._unfinished[stage] = rest

    def _output(self, stage: str, line: str) -> None:
        # a progress bar rewrites its line with carriage returns: what it said last is what counts
        shown = line.rstrip("\r").rpartition("\r")[2]
        self._line(f"{self._out.paint(f'{stage:<{self._width}} |', 'dim')} {shown}".rstrip())

    def _end(self, stage: str) -> None:
        self._live.stop(stage)
        if rest := self._unfinished.pop(stage, ""):
            self._output(stage, rest)

    def _failed(self, event: StageFailed) -> None:
        self._end(event.stage)
        mark = self._err.paint(self._err.marks.failed, "red", "bold")
        problem, *details = describe_failure(event.failure, event.log, self._root, tail=not self._verbose)
        self._error(f"{mark} {event.stage:<{self._width}}   {'failed':<8} {duration(event.seconds):>6}   {problem}")
        for line in details:
            self._error(f"    {line}".rstrip())

    def _finished(self, event: RunFinished) -> None:
        self._live.close()
        for by, stages in self._blocked.items():
            why = f"{by} failed" if by else "stopped at the first failure, -k goes on"
            self._error(f"{self._err.marks.blocked} not started: {', '.join(stages)} ({why})")
        total = event.done + event.restored + event.skipped + event.failed + event.blocked
        seconds = event.seconds if self._began is None else perf_counter() - self._began
        if not total:
            self._line(NO_STAGES)
            return
        if event.skipped == total:
            self._line(up_to_date(total, seconds))
            return
        counts = [
            (event.failed, "failed"),
            (event.blocked, "did not start"),
            (event.done, "ran"),
            (event.restored, "restored"),
            (event.skipped, "up to date"),
        ]
        time = duration(seconds)
        text = ", ".join(f"{count} {word}" for count, word in counts if count)
        if event.failed:
            self._error(f"{self._err.paint('Failed', 'red', 'bold')}: {text} ({time})")
        else:
            self._line(f"Done: {text} ({time})")
