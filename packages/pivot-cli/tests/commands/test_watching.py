"""The wiring of a watch, with one that ends at once; what a watch does is told by the stories."""

import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pivot.watch import loop
from pivot.watch.messages import Quit
from pivot.watch.news import Idle

type Run = Callable[..., Any]


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Make each watch quit after its first round, and return what they were made with."""
    made: list[Any] = []
    begin = loop.Watch.run

    def run(self: Any) -> None:
        made.append(self)
        tell = self._tell

        def told(news: Any) -> None:
            tell(news)
            if isinstance(news, Idle):
                self.post(Quit())

        self._tell = told
        begin(self)

    monkeypatch.setattr(loop.Watch, "run", run)
    before = signal.getsignal(signal.SIGTERM)
    yield made
    signal.signal(signal.SIGTERM, before)


def test_the_first_round_is_a_run(example: Run, brief: list[Any]) -> None:
    outcome = example("repro", "--watch")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["✓", "✓", "Done:", "Watching"]
    assert example("repro", "--watch").out.startswith("Everything is up to date (2 stages, ")


def test_each_event_is_a_line_of_json(example: Run, brief: list[Any]) -> None:
    names = [json.loads(line)["event"] for line in example("repro", "--watch", "--jsonl").out.splitlines()]
    assert names[0] == "woken" and names[-1] == "idle" and "stage_done" in names


def test_an_unknown_stage_ends_it(example: Run, brief: list[Any]) -> None:
    assert example("repro", "--watch", "nope").code == 2


def test_ctrl_c_ends_it(example: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Watch, "run", interrupted)
    assert example("repro", "--watch").code == 130


def test_the_debounce_is_an_option_or_a_setting(example: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(loop, "Field", lambda project, post, debounce: seen.append(debounce))
    monkeypatch.setattr(loop.Watch, "run", lambda self: None)
    example("repro", "--watch")
    example("config", "set", "--local", "watch.debounce", "50")
    example("repro", "--watch")
    example("repro", "--watch", "--debounce", "70")
    assert seen == [10, 50, 70]


@pytest.mark.parametrize(
    "words",
    [
        ("--bell",),
        ("--debounce", "5"),
        ("--watch", "-n"),
        ("--watch", "--json"),
        ("--jsonl", "--json"),
        ("--jsonl", "-e"),
    ],
)
def test_what_does_not_go_together(example: Run, words: tuple[str, ...]) -> None:
    assert example("repro", *words).code == 2


def test_lines_of_json_without_a_watch(example: Run) -> None:
    lines = [json.loads(line) for line in example("repro", "--jsonl").out.splitlines()]
    assert lines[0] == {"event": "run_started", "stages": ["preprocess", "summarize"]}
    assert lines[-1]["event"] == "run_finished" and lines[-1]["done"] == 2
