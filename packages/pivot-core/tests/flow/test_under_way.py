"""Stages in the hands of an executor that does what it is told."""

from collections.abc import Iterator

import pytest

from pivot.commit import commit
from pivot.events import Notice, StageOutput
from pivot.execute.executor import Output


def test_what_is_printed_is_told_and_a_notice_of_the_executor_once(bench, monkeypatch) -> None:
    quiet = bench.executor.events

    def events(self, timeout: float | None = None) -> Iterator[object]:
        self.notice = "stages run one by one"
        yield Output(self.waiting[0].stage, "so far\n")
        yield from quiet(self, timeout)

    monkeypatch.setattr(bench.executor, "events", events)
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    told = [event for event in bench.events if isinstance(event, Notice | StageOutput)]
    assert told == [
        Notice("stages run one by one"),
        StageOutput("clean", "so far\n"),
        StageOutput("total", "so far\n"),
    ]


def test_nothing_is_started_where_nothing_runs(bench, monkeypatch) -> None:
    bench.repro()
    monkeypatch.setattr(bench.executor, "start", lambda self: pytest.fail("started"))
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}


def test_an_interruption_does_not_wait_for_ever_for_an_end_that_was_lost(bench, monkeypatch) -> None:
    monkeypatch.setattr("pivot.under_way.PATIENCE", 0.01)
    waits: list[float | None] = []

    def events(self: object, timeout: float | None = None) -> Iterator[object]:
        waits.append(timeout)
        if len(waits) == 1:
            raise KeyboardInterrupt
        return iter(())

    monkeypatch.setattr(bench.executor, "events", events)
    with pytest.raises(KeyboardInterrupt):
        bench.repro()
    assert waits[0] is None and all(wait is not None and wait <= 0.01 for wait in waits[1:])


def test_what_runs_stages_ends_while_the_last_ones_are_recorded(bench, monkeypatch) -> None:
    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        "pivot.recorder.commit",
        lambda workspace, look, done, *rest: (
            seen.extend((now.stage.name, bench.booted[0].dismissed) for now, _ in done),
            commit(workspace, look, done, *rest),
        )[1],
    )
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    assert seen == [("clean", False), ("total", True)]
    assert bench.booted[0].closed
