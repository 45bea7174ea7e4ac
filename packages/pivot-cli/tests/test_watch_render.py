from pathlib import Path
from typing import Any

from pivot import events, reasons
from pivot.decide import Decision
from pivot.errors import PipelineFailed
from pivot.watch.news import Idle, NothingToRun, PlanFailed, Superseded, Woken
from pivot_cli.watch_render import ERASE, WatchRenderer

RUN = (events.RunStarted(("train",)), events.StageStarted("train", (reasons.InputChanged("x", "1", "2"),)))
OVER = (events.StageDone("train", 0.1), events.RunFinished(1, 0, 0, 0, 0, 0.2))


def render(screen: Any, *told: Any, **options: bool) -> None:
    show = WatchRenderer(screen.terminal, Path("/p"), **options)
    for news in told:
        show(news)
    show.close()


def woken(*changed: str) -> Woken:
    behind = Decision("report", "run", (reasons.UpstreamRuns("train"),))
    return Woken(2, changed, (Decision("train", "run", (reasons.InputChanged("x", "1", "2"),)), behind), 0.01)


def test_what_changed_what_it_affects_and_why_then_the_run(screen: Any) -> None:
    render(screen, Idle(1, 4, ()), woken("x"), *RUN, *OVER, Idle(2, 4, ()))
    assert screen.out == (
        "Watching 4 files\n"
        "x changed: runs train (x changed)\n"
        "✓ train   ran      0.10 s   x changed\n"
        "Done: 1 ran (0.20 s)\n"
    )


def test_nothing_to_run_says_so(screen: Any) -> None:
    render(screen, NothingToRun(2, ("a", "b", "c", "d", "e"), 3, 0.012), NothingToRun(3, (), 3, 0.004))
    assert (
        screen.out == "a, b, c and 2 more changed: nothing to run (12 ms)\nEverything is up to date (3 stages, 4 ms)\n"
    )


def test_an_error_has_its_place(screen: Any) -> None:
    render(screen, PlanFailed(2, ("m.py",), PipelineFailed("SyntaxError: (", file="m.py", line=4)))
    assert screen.out == "m.py changed\n"
    assert screen.err == "Error: SyntaxError: (\n  File: m.py:4\n"


def test_an_edit_during_a_run(screen: Any) -> None:
    cancelled = events.StageCancelled("train", 1.5)
    render(screen, woken("x"), *RUN, Superseded(("m.py",), ("train",), ("plot",)), cancelled)
    assert screen.out.endswith("m.py changed: cancels train, plot may finish first\n- train   cancelled  1.5 s\n")


def test_on_a_terminal_the_line_that_says_it_waits_does_not_stay(make_screen: Any) -> None:
    screen = make_screen(tty=True, environ={"NO_COLOR": "1"})
    render(screen, Idle(1, 4, ()), NothingToRun(2, ("a",), 1, 0.01), Idle(2, 4, ("train",)))
    idle = "Watching 4 files (r run, f force, q quit)"
    failed = "train failed, waiting for an edit; watching 4 files (r run, f force, q quit)"
    assert screen.out == f"{idle}{ERASE}a changed: nothing to run (10 ms)\n{failed}{ERASE}"


def test_a_failure_is_said_where_lines_stay(screen: Any) -> None:
    render(screen, Idle(1, 1, ()), Idle(2, 1, ("train",)))
    assert screen.out == "Watching 1 file\ntrain failed, waiting for an edit; watching 1 file\n"


def test_the_bell_rings_when_a_run_is_over(screen: Any) -> None:
    render(screen, woken("x"), *RUN, *OVER, bell=True)
    assert screen.out.endswith("\a")


def test_quiet_leaves_only_failures(screen: Any) -> None:
    render(screen, woken("x"), *RUN, *OVER, NothingToRun(3, ("x",), 1, 0.1), Idle(3, 1, ()), quiet=True)
    assert screen.out == ""
