import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pivot.workspace import Workspace
from pivot_cli import running

type Run = Callable[..., Any]

PIPELINE = """\
from typing import Annotated
import pivot

def one() -> Annotated[str, pivot.Out("one.txt", pivot.loaders.Text())]:
    return "1"

pipeline = pivot.Pipeline("p")
pipeline.register(one)
"""


@pytest.fixture
def standing(pivot: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project of which it is remembered that it has nothing to do, under names that no plan would give."""
    Path("pipeline.py").write_text(PIPELINE)
    assert pivot("repro").code == 0
    monkeypatch.setattr(Workspace, "standing", lambda workspace: ("a", "long"))
    return


@pytest.mark.usefixtures("standing")
def test_what_stands_is_told_without_a_plan(pivot: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pivot_cli.execution", "pivot_cli.overview", "pivot.plan"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert pivot("repro").out.startswith("Everything is up to date (2 stages, ")
    assert pivot("status").out == "a      up to date\nlong   up to date\n"
    shown = pivot("repro", "-n").out.splitlines()
    assert shown[:2] == ["a      up to date", "long   up to date"]
    assert shown[2].startswith("Everything is up to date (2 stages, ")
    assert pivot("repro", "-q").out == ""
    assert not {"pivot_cli.execution", "pivot_cli.overview", "pivot.plan"} & set(sys.modules)


@pytest.mark.usefixtures("standing")
@pytest.mark.parametrize(
    "words",
    [
        *("repro one", "repro --json", "repro -v", "repro -e", "repro --reload", "repro -f", "run one"),
        *("status one", "status -e", "status --diff", "status --json", "status -v"),
    ],
)
def test_whoever_asks_for_more_gets_a_plan(pivot: Run, words: str) -> None:
    found = pivot(*words.split())
    assert found.code == 0
    assert "2 stages" not in found.out and "long" not in found.out


class Booted(Exception):
    """Ends the command where it would start a process."""


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a command that would start a process for stages raise instead."""

    def make(jobs: int) -> Any:
        raise Booted

    monkeypatch.setattr(running, "executors", lambda workspace: make)


def test_after_a_change_a_process_starts_before_what_a_run_needs_is_imported(
    pivot: Run, no_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pipeline.py").write_text(PIPELINE)
    for module in ("pivot_cli.execution", "pivot.plan"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert "Booted" in pivot("repro").err
    assert not {"pivot_cli.execution", "pivot.plan"} & set(sys.modules)


@pytest.mark.usefixtures("standing", "no_process")
@pytest.mark.parametrize("words", ["repro", "repro -n", "repro -e", "repro one", "status"])
def test_no_process_starts_where_nothing_is_known_to_have_changed(pivot: Run, words: str) -> None:
    assert pivot(*words.split()).code == 0


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize("words", ["repro -n", "repro -e", "status"])
def test_no_process_starts_for_a_look(pivot: Run, words: str) -> None:
    Path("pipeline.py").write_text(PIPELINE)
    assert pivot(*words.split()).code == 0
