"""A process for stages that starts before it is known whether any stage runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pivot.early import Early
from pivot.options import Options

MANIFEST = cast("Any", "the manifest")


class Executor:
    """Notes what is asked of it."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.asked: list[str] = []

    def boot(self) -> None:
        self.asked.append("boot")

    def start(self) -> None:
        self.asked.append("start")

    def close(self) -> None:
        self.asked.append("close")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the records of earlier runs are."""
    (tmp_path / "stages").mkdir()
    return tmp_path


def early(made: list[Executor], home: Path) -> Early:
    def make(manifest: Any, jobs: int) -> Any:
        assert manifest is MANIFEST
        made.append(Executor(jobs))
        return made[-1]

    return Early(cast("Any", SimpleNamespace(project=SimpleNamespace(home=home))), Options(jobs=3), make)


def test_what_was_booted_is_what_is_taken_and_its_taker_closes_it(home: Path) -> None:
    made: list[Executor] = []
    with early(made, home) as it:
        it.boot(MANIFEST)
        taken = it.take(MANIFEST, 3)
    assert [taken] == made
    assert (made[0].asked, made[0].jobs) == (["boot"], 3)


def test_what_nobody_takes_is_closed(home: Path) -> None:
    made: list[Executor] = []
    with early(made, home) as it:
        it.boot(MANIFEST)
    assert made[0].asked == ["boot", "close"]


def test_without_an_early_one_a_new_one_is_taken(home: Path) -> None:
    made: list[Executor] = []
    with early(made, home) as it:
        assert not made
        assert it.take(MANIFEST, 2) is made[0]
    assert made[0].asked == []


def test_the_first_run_of_all_imports_the_pipeline_at_once(tmp_path: Path) -> None:
    made: list[Executor] = []
    with early(made, tmp_path) as it:
        it.boot(MANIFEST)
    assert made[0].asked == ["boot", "start", "close"]
