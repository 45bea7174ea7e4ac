import json
from collections.abc import Callable
from typing import Any

type Run = Callable[..., Any]


def test_a_helper(example: Run) -> None:
    outcome = example("impact", "pipeline.py:mean")
    assert (outcome.code, outcome.out) == (0, "summarize   would run   summarize → mean\n")


def test_data_reaches_further(example: Run) -> None:
    assert example("impact", "data.json").out == (
        "preprocess   would run   input data.json\nsummarize    may run     if what preprocess makes changes\n"
    )


def test_json(example: Run) -> None:
    told = json.loads(example("impact", "pipeline.py:mean", "--json").out)
    assert told["stages"] == [{"stage": "summarize", "direct": True, "via": ["summarize → mean"]}]


def test_a_wrong_name_gets_a_suggestion(example: Run) -> None:
    outcome = example("impact", "pipeline.py:maen")
    assert outcome.code == 2 and "did you mean mean?" in outcome.err
    assert example("impact", "nothing.py").code == 2
