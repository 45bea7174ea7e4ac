import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def data(example: Run) -> Run:
    """A project that cannot be imported: to track needs no pipeline."""
    assert example("repro").code == 0
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    Path("raw data.csv").write_text("1,2\n")
    return example


def test_new_and_again(data: Run) -> None:
    outcome = data("track", "raw data.csv")
    assert outcome == (0, "✓ raw data.csv   tracked, 4 bytes: raw data.csv.pvt\n", "")
    assert "unchanged" in data("track", "raw data.csv").out
    Path("raw data.csv").write_text("3\n")
    assert "tracked as it is now, 2 bytes" in data("track", "raw data.csv").out


def test_json(data: Run) -> None:
    (row,) = json.loads(data("track", "--json", "raw data.csv").out)["tracked"]
    assert (row["path"], row["fate"], row["kind"], row["size"]) == ("raw data.csv", "new", "file", 4)


def test_an_output_cannot_be_tracked(data: Run) -> None:
    outcome = data("track", "summary.json")
    assert outcome.code == 2 and "summary.json is made by the stage summarize" in outcome.err


def test_what_is_tracked_is_given_back(data: Run) -> None:
    data("track", "raw data.csv")
    Path("raw data.csv").unlink()
    assert data("checkout", "raw data.csv").out == "↺ raw data.csv\nFiles: 1 restored\n"
    assert Path("raw data.csv").read_text() == "1,2\n"
