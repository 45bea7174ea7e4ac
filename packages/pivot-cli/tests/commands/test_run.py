import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def actions(outcome: Any) -> dict[str, str]:
    return {row["stage"]: row["action"] for row in json.loads(outcome.out)["stages"]}


def test_exactly_these(example: Run) -> None:
    assert actions(example("run", "preprocess", "--json")) == {"preprocess": "run"}
    Path("data.json").write_text('{"records": []}')
    assert actions(example("run", "summarize", "--json")) == {"summarize": "run"}
    assert json.loads(Path("summary.json").read_text())["count"] == 2  # of the clean.json that is there
    assert actions(example("run", "-f", "summarize", "--json")) == {"summarize": "run"}
    assert actions(example("run", "summarize", "--json", "--fail-fast")) == {"summarize": "skip"}


def test_an_input_that_is_not_there(example: Run) -> None:
    outcome = example("run", "summarize")
    assert outcome.code == 3
    assert "clean.json" in outcome.err
    assert "pivot repro summarize" in outcome.err


def test_fail_fast_and_keep_going(example: Run) -> None:
    outcome = example("run", "preprocess", "--fail-fast", "-k")
    assert outcome.code == 2
    assert "exclude each other" in outcome.err
