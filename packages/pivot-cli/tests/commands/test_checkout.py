import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def recorded(example: Run) -> Run:
    """A project that ran, and whose pipeline.py cannot be imported any more: a checkout does not need it."""
    assert example("repro").code == 0
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    return example


def test_nothing_to_do(recorded: Run) -> None:
    assert recorded("checkout") == (0, "Files: 2 already right\n", "")


def test_what_is_missing_is_given_back(recorded: Run) -> None:
    Path("summary.json").unlink()
    outcome = recorded("checkout")
    assert outcome == (0, "↺ summary.json\nFiles: 1 restored, 1 already right\n", "")
    assert Path("summary.json").exists()
    Path("summary.json").unlink()
    assert recorded("checkout", "preprocess").out == "Files: 1 already right\n"
    assert not Path("summary.json").exists()


def test_an_edited_file(recorded: Run) -> None:
    Path("summary.json").write_text("by hand")
    outcome = recorded("checkout", "summary.json")
    assert outcome.code == 4
    assert "summary.json is left as it is: the cache does not hold these bytes" in outcome.err
    assert "-f replaces it" in outcome.err
    assert Path("summary.json").read_text() == "by hand"
    assert recorded("checkout", "--only-missing").code == 0
    forced = recorded("checkout", "-f")
    assert forced.code == 0
    kept = forced.out.partition("kept as ")[2].split()[0]
    assert Path(kept).read_text() == "by hand"
    assert json.loads(Path("summary.json").read_text())["count"] == 2


def test_what_the_cache_lost(recorded: Run) -> None:
    Path("summary.json").unlink()
    for path in Path(".pivot/cache/objects").rglob("*"):
        if path.is_file():
            path.unlink()
    outcome = recorded("checkout")
    assert outcome.code == 4
    assert "summary.json is not in the cache" in outcome.err
    assert "pivot repro summarize" in outcome.err


def test_a_target_whose_record_cannot_be_used(recorded: Run) -> None:
    assert recorded("track", "data.json").code == 0
    Path("data.json.pvt").write_text("<<<<<<< HEAD")
    outcome = recorded("checkout", "data.json")
    assert outcome.code == 4
    assert "Ignored a record: " in outcome.err and "data.json.pvt" in outcome.err
    assert outcome.out == "No record of it can be used; nothing to give back\n"
    assert recorded("checkout").code == 0  # what has no record is for the next run to make


def test_json(recorded: Run) -> None:
    Path("summary.json").unlink()
    told = json.loads(recorded("checkout", "--json", "--checkout-mode", "copy").out)
    assert {row["path"]: row["fate"] for row in told["outputs"]} == {"clean.json": "right", "summary.json": "restored"}
    assert told["summary"] == {
        "restored": 1,
        "relinked": 0,
        "right": 1,
        "differs": 0,
        "edited": 0,
        "lost": 0,
    }
    assert told["unreadable"] == []


def test_an_unknown_target(recorded: Run) -> None:
    outcome = recorded("checkout", "sumarize")
    assert outcome.code == 2
    assert "did you mean summarize?" in outcome.err


def test_a_record_that_cannot_be_read_is_named(recorded: Run) -> None:
    Path(".pivot/stages/summarize.lock").write_text("{}")
    outcome = recorded("checkout")
    assert outcome.code == 0
    assert "Ignored a record:" in outcome.err
    assert "summarize.lock" in outcome.err


def test_before_the_first_run(example: Run) -> None:
    assert example("checkout") == (0, "There is no record yet; nothing to give back\n", "")
