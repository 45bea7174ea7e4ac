import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def uncommitted(example: Run) -> Run:
    assert "pivot commit does that" in example("repro", "--no-commit").out
    return example


def test_what_no_commit_made(uncommitted: Run) -> None:
    assert "(has a result that pivot commit would record)" in uncommitted("status").out
    assert "summarize (has a result" in uncommitted("status", "--explain").out
    assert [row["uncommitted"] for row in json.loads(uncommitted("status", "--json").out)["stages"]] == [True, True]
    assert uncommitted("commit") == (0, "✓ preprocess   recorded\n✓ summarize   recorded\n", "")
    assert "up to date" in uncommitted("repro").out
    assert uncommitted("commit").out.startswith("Nothing to commit")
    assert uncommitted("commit", "summarize").out == "· summarize   recorded already\n"


def test_a_refusal(uncommitted: Run) -> None:
    Path("summary.json").write_text("by hand")
    outcome = uncommitted("commit")
    assert outcome.code == 1 and outcome.out == "✓ preprocess   recorded\n"
    assert (
        "summarize   refused: its outputs are not the result of the present state (summary.json is not as recorded)"
        in outcome.err
    )
    (row,) = json.loads(uncommitted("commit", "--json").out)["stages"]
    assert (row["fate"], row["reasons"][0]["reason"]) == ("refused", "output_edited")
    assert uncommitted("commit", "-f", "-q") == (0, "", "")
    assert "up to date" in uncommitted("repro").out
    assert Path("summary.json").read_text() == "by hand"
