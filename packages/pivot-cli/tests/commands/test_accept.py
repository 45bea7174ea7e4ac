import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def edit(old: str, new: str) -> None:
    text = Path("pipeline.py").read_text()
    assert old in text
    Path("pipeline.py").write_text(text.replace(old, new))


def test_accepted_code_does_not_run(example: Run) -> None:
    example("repro")
    edit("sum(values) / len(values)", "(sum(values)) / (0 + len(values))")
    outcome = example("accept", "summarize", "--reason", "the same arithmetic")
    assert (outcome.code, outcome.out) == (0, "Accepted the code of summarize as it is; nothing was run\n")
    assert "up to date" in example("repro").out
    assert json.loads(Path(".pivot/stages/summarize.lock").read_text())["accepted"] == "the same arithmetic"


def test_a_reason_is_needed_and_only_code_may_have_changed(example: Run) -> None:
    example("repro")
    assert example("accept", "summarize").code == 2
    assert example("accept", "summarize", "--reason", " ").code == 2
    Path("clean.json").write_text("{}")
    outcome = example("accept", "summarize", "--reason", "x")
    assert outcome.code == 2 and "more than its code changed" in outcome.err
