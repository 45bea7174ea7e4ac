"""The news of a watch as lines: what changed, what that affects and why, the run itself, and a line while it waits.

The events of a run are rendered by ``render``, with a new renderer for each run.
"""

from pathlib import Path

from pivot.decide import Decision
from pivot.errors import PivotError
from pivot.events import RunFinished, RunStarted
from pivot.reasons import UpstreamRuns
from pivot.watch.news import Idle, News, NothingToRun, PlanFailed, Superseded, Woken
from pivot_cli.boundary import message
from pivot_cli.quantities import duration, plural
from pivot_cli.render import LiveLine, Renderer
from pivot_cli.terminal import Terminal
from pivot_cli.words import short

ERASE = "\r\x1b[2K"
KEYS = "r run, f force, q quit"
SHOWN = 3  # names in a line


class WatchRenderer:
    """Prints news as they come; call it with each. ``bell`` rings when a run is over."""

    def __init__(
        self, terminal: Terminal, root: Path, *, verbose: bool = False, quiet: bool = False, bell: bool = False
    ) -> None:
        self._terminal = terminal
        self._out = terminal.out
        self._root = root
        self._verbose = verbose
        self._quiet = quiet
        self._bell = bell
        self._run: Renderer | None = None
        self._live = LiveLine()
        self._idle = False  # the line that says so stands there
        self._told = False

    def __call__(self, news: News) -> None:
        self._clear()
        match news:
            case Woken(generation, changed, decisions):
                if changed or generation > 1:
                    self._line(f"{self._changed(changed)}: {_effects(decisions)}" if changed else _effects(decisions))
            case NothingToRun(_, changed, stages, seconds):
                if changed:
                    self._line(f"{self._changed(changed)}: nothing to run ({duration(seconds)})")
                else:
                    self._line(f"Everything is up to date ({plural(stages, 'stage')}, {duration(seconds)})")
            case PlanFailed(_, changed, error):
                self._fail(changed, error)
            case Superseded(changed, cancelled, finishing):
                what = [f"cancels {_names(cancelled)}"] if cancelled else []
                what += [f"{_names(finishing)} may finish first"] if finishing else []
                self._line(f"{self._changed(changed)}: {', '.join(what) or 'a new plan'}")
            case Idle():
                self._wait(news)
            case _:
                if isinstance(news, RunStarted):
                    self._begin()
                assert self._run is not None
                self._run(news)
                if isinstance(news, RunFinished) and self._bell:
                    self._out.put("\a")

    def close(self) -> None:
        """Take away what does not stay."""
        self._live.close()
        self._clear()

    def _begin(self) -> None:
        self._live.close()
        if self._out.live and not self._quiet:
            from pivot_cli.progress import Spinner  # lazy: threads, for terminals only

            self._live = Spinner(self._out)
        self._run = Renderer(self._terminal, self._root, self._live, verbose=self._verbose, quiet=self._quiet)

    def _fail(self, changed: tuple[str, ...], error: Exception) -> None:
        problem, fields = (error.problem, error.fields()) if isinstance(error, PivotError) else (str(error), {})
        if changed:
            self._line(self._changed(changed))
        first, *rest = message(problem, fields)
        err = self._terminal.err
        err.line(err.paint("Error:", "red", "bold") + first.removeprefix("Error:"))
        for line in rest:
            err.line(line)
        if self._bell:
            self._out.put("\a")

    def _wait(self, news: Idle) -> None:
        text = f"Watching {plural(news.files, 'file')}"
        if news.failed:
            text = f"{_names(news.failed)} failed, waiting for an edit; w{text[1:]}"
        if self._out.live and not self._quiet:
            self._out.put(self._out.paint(f"{text} ({KEYS})"[: self._out.width - 1], "dim"))
            self._idle = True
        elif news.failed or not self._told:
            self._line(text)
        self._told = True

    def _changed(self, paths: tuple[str, ...]) -> str:
        return self._out.paint(f"{_names(paths)} changed", "bold")

    def _line(self, text: str) -> None:
        if not self._quiet:
            self._live.say(self._out, text)

    def _clear(self) -> None:
        if self._idle:
            self._idle = False
            self._out.put(ERASE)


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return f"{', '.join(names[:SHOWN])} and {more} more" if more > 0 else ", ".join(names)


def _effects(decisions: tuple[Decision, ...]) -> str:
    """Return what will be done and why, in a line: each stage that is affected itself, with its first reason."""
    behind = [one for one in decisions if not all(isinstance(reason, UpstreamRuns) for reason in one.reasons)]
    told = [f"{'restores' if one.action == 'restore' else 'runs'} {one.stage} ({short(one.reasons)})" for one in behind]
    more = len(told) - SHOWN
    return "; ".join(told[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
