from pathlib import Path
from typing import Any

from pivot import events, reasons
from pivot.execute.executor import Failure
from pivot_cli.render import LiveLine, Renderer
from pivot_cli.terminal import Stream
from pivot_fingerprint import Change

CODE = reasons.CodeChanged((Change("func:m:normalize", "func:normalize", "1" * 64, "2" * 64),))


def render(screen: Any, *told: events.Event, **options: bool) -> None:
    show = Renderer(screen.terminal, Path("/p"), LiveLine(), **options)
    for event in told:
        show(event)


def test_nothing_to_do_is_one_line(screen: Any) -> None:
    stages = tuple(f"stage{number}" for number in range(12))
    skipped = [events.StageSkipped(stage) for stage in stages]
    render(screen, events.RunStarted(stages), *skipped, events.RunFinished(0, 0, 12, 0, 0, 0.0612))
    assert (screen.out, screen.err) == ("Everything is up to date (12 stages, 61 ms)\n", "")


def test_a_line_for_each_stage_that_did_something(screen: Any) -> None:
    render(
        screen,
        events.RunStarted(("clean", "evaluate", "train")),
        events.StageRestored("clean", (reasons.OutputMissing("clean.json"),), 0.02),
        events.StageStarted("train", (CODE,)),
        events.StageOutput("train", "epoch 1\n"),
        events.StageDone("train", 2.1),
        events.Notice("read x.csv without declaring it", "train"),
        events.StageSkipped("evaluate"),
        events.RunFinished(1, 1, 1, 0, 0, 2.3),
    )
    assert screen.out == (
        "↺ clean      restored  20 ms   clean.json is missing\n"
        "✓ train      ran       2.1 s   func:normalize changed\n"
        "  train: read x.csv without declaring it\n"
        "Done: 1 ran, 1 restored, 1 up to date (2.3 s)\n"
    )
    assert screen.err == ""


FAILED = (
    events.RunStarted(("clean", "train", "plot", "report", "other")),
    events.StageStarted("clean", (reasons.NeverRun(),)),
    events.StageFailed("clean", Failure("raised", "ValueError: no", traceback="Traceback …\n  x"), 0.5, None),
    events.StageBlocked("train", "clean"),
    events.StageBlocked("plot", "train"),
    events.StageBlocked("report", "plot"),
    events.StageBlocked("other", None),
    events.RunFinished(0, 0, 0, 1, 4, 0.6),
)
FAILED_TEXT = (
    "✗ clean    failed   0.50 s   ValueError: no\n"
    "    Traceback …\n"
    "      x\n"
    "- not started: train, plot, report (clean failed)\n"
    "- not started: other (stopped at the first failure, -k goes on)\n"
    "Failed: 1 failed, 4 did not start (0.60 s)\n"
)


def test_a_failure_says_what_and_what_it_blocked(screen: Any) -> None:
    render(screen, *FAILED)
    assert (screen.out, screen.err) == ("", FAILED_TEXT)


def test_quiet_says_only_what_failed(screen: Any, make_screen: Any) -> None:
    render(screen, *FAILED, quiet=True)
    assert (screen.out, screen.err) == ("", FAILED_TEXT)
    other = make_screen()
    render(
        other,
        events.RunStarted(("a",)),
        events.StageStarted("a", ()),
        events.StageDone("a", 1),
        events.RunFinished(1, 0, 0, 0, 0, 1),
        quiet=True,
    )
    assert (other.out, other.err) == ("", "")


def test_verbose_shows_what_stages_print(screen: Any) -> None:
    render(
        screen,
        events.RunStarted(("a", "train")),
        events.StageSkipped("a"),
        events.StageStarted("train", (CODE,)),
        events.StageOutput("train", "one\ntw"),
        events.StageOutput("train", "o\r\n10%\r90%\rdone\nla"),
        events.StageOutput("train", "st"),
        events.StageDone("train", 2),
        events.RunFinished(1, 0, 1, 0, 0, 2),
        verbose=True,
    )
    assert screen.out.splitlines() == [
        "· a       up to date",
        "· train   starts            func:normalize changed",
        "train | one",
        "train | two",
        "train | done",
        "train | last",
        "✓ train   ran       2.0 s   func:normalize changed",
        "Done: 1 ran, 1 up to date (2.0 s)",
    ]


def test_colour_on_a_terminal_only(make_screen: Any) -> None:
    screen = make_screen(tty=True)
    render(screen, events.RunStarted(("a",)), events.StageStarted("a", (CODE,)), events.StageDone("a", 2))
    assert "\x1b[32m✓\x1b[0m a" in screen.out
    plain = make_screen(tty=True, environ={"NO_COLOR": "1"})
    render(plain, events.RunStarted(("a",)), events.StageStarted("a", (CODE,)), events.StageDone("a", 2))
    assert "\x1b" not in plain.out


class Recorder(LiveLine):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self, stage: str) -> None:
        self.calls.append(f"start {stage}")

    def stop(self, stage: str) -> None:
        self.calls.append(f"stop {stage}")

    def say(self, stream: Stream, text: str) -> None:
        self.calls.append("say")

    def close(self) -> None:
        self.calls.append("close")


def test_the_live_line_knows_what_runs(screen: Any) -> None:
    live = Recorder()
    show = Renderer(screen.terminal, Path("/p"), live)
    show(events.RunStarted(("a", "b")))
    show(events.StageStarted("a", ()))
    show(events.StageStarted("b", ()))
    show(events.StageDone("a", 1))
    show(events.StageFailed("b", Failure("died", "gone"), 1, None))
    show(events.RunFinished(1, 0, 0, 1, 0, 1))
    assert live.calls == ["start a", "start b", "stop a", "say", "stop b", "say", "close", "say"]
    assert screen.out == ""  # all of it went through the line
