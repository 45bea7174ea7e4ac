import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def versioned(example: Run) -> Run:
    """A project with one revision, v1, that ran once more since; its pipeline.py cannot be imported any more."""
    assert example("repro").code == 0
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-m", "x"],
        ["tag", "v1"],
    ):
        subprocess.run(["git", *words], check=True)
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    return example


def test_beside_the_present_one(versioned: Run) -> None:
    was = Path("summary.json").read_text()
    Path("summary.json").write_text("{}")
    assert versioned("get", "summary.json", "--rev", "v1", "-o", "old.json") == (
        0,
        "↺ old.json\nFiles: 1 restored\n",
        "",
    )
    assert (Path("old.json").read_text(), Path("summary.json").read_text()) == (was, "{}")


def test_in_place(versioned: Run) -> None:
    Path("summary.json").write_text("by hand")
    assert versioned("get", "summary.json", "--rev", "v1").code == 4
    outcome = versioned("get", "-f", "--json", "summary.json", "--rev", "v1")
    (row,) = json.loads(outcome.out)["outputs"]
    assert row["fate"] == "restored"
    versioned("get", row["saved"], "-o", "mine")
    assert Path("mine").read_text() == "by hand"


def test_lost(versioned: Run) -> None:
    Path("clean.json").unlink()
    for path in Path(".pivot/cache/objects").rglob("*"):
        if path.is_file():
            path.unlink()
    outcome = versioned("get", "clean.json", "--rev", "v1")
    assert outcome.code == 4 and "clean.json as of v1 is not in the cache (object " in outcome.err
    assert "in a checkout of v1, with: pivot repro preprocess" in outcome.err


def test_unknown(versioned: Run) -> None:
    assert versioned("get", "summary.json").code == 2
    assert "git knows no revision 'nope'" in versioned("get", "summary.json", "--rev", "nope").err
