import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


def test_a_link_is_the_path_that_a_stage_declares(example: Run, tmp_path: Path) -> None:
    data = Path("data.json").rename(tmp_path / "elsewhere.json")
    Path("data.json").symlink_to(data)
    assert example("impact", "data.json").out.startswith("preprocess   would run   input data.json\n")


def test_a_module_that_only_passes_names_on(example: Run) -> None:
    Path("front").mkdir()
    Path("front/__init__.py").write_text("from front.words import shout\n")
    Path("front/words.py").write_text("def shout(x): return x\n")
    pipeline = Path("pipeline.py")
    pipeline.write_text("from front import shout\n" + pipeline.read_text().replace("sum(values)", "shout(sum(values))"))
    assert "may count all the same" in example("impact", "front/__init__.py").out
    assert example("impact", "front").out == "summarize   would run   summarize → mean → shout\n"
    assert example("impact", "front/words.py:shout").out == example("impact", "front").out


@pytest.mark.parametrize("target", ["", ":", ":mean"])
def test_no_file_is_an_error(example: Run, target: str) -> None:
    assert example("impact", target).code == 2
