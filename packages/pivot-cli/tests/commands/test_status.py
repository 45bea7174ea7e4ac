import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]

UTILS = """\
SCALE = 10


def normalize(values):
    top = max(values)
    return [value / top for value in values]
"""

PIPELINE = """\
import json
import pathlib
from typing import Annotated

import pivot

from src import utils


def train(raw: Annotated[list, pivot.Dep("data.json", pivot.loaders.JSON())]) -> Annotated[
    list, pivot.Out("model.json", pivot.loaders.JSON())
]:
    return utils.normalize(raw)


def report(model: Annotated[list, pivot.Dep("model.json", pivot.loaders.JSON())]) -> Annotated[
    str, pivot.Out("report.txt", pivot.loaders.Text())
]:
    return f"{len(model)} values"


pipeline = pivot.Pipeline("scores")
pipeline.register(train)
pipeline.register(report)
"""


def write_project() -> None:
    Path("src").mkdir()
    Path("src/utils.py").write_text(UTILS)
    Path("pipeline.py").write_text(PIPELINE)
    Path("data.json").write_text("[1, 2, 4]")


def test_status_and_explanation_after_an_edit(pivot: Run) -> None:
    write_project()
    assert pivot("status").out == "train    will run       never run\nreport   will run       never run (+1 more)\n"
    assert not Path(".pivot").exists()
    assert pivot("repro").code == 0
    assert pivot("status") == (0, "train    up to date\nreport   up to date\n", "")

    Path("src/utils.py").write_text(UTILS.replace("value / top", "value / top * SCALE"))
    assert pivot("status").out == (
        "train    will run       func:normalize changed (+1 more)\nreport   may run        train will run\n"
    )
    explained = pivot("status", "--explain", "train").out
    assert re.sub(r"(Old|New): [0-9a-f]{8}\n", r"\1: 01234567\n", explained) == (
        "Stage: train\n"
        "  Status: WILL RUN\n"
        "  Reason: Code dependency changed\n"
        "\n"
        "  Changes:\n"
        "    const:SCALE\n"
        "      Old: -\n"
        "      New: 01234567\n"
        "      File: src/utils.py:1\n"
        "      Path: train → normalize → SCALE\n"
        "    func:normalize\n"
        "      Old: 01234567\n"
        "      New: 01234567\n"
        "      File: src/utils.py:4\n"
    )
    diff = pivot("status", "--diff", "train").out
    assert "      -    return [value / top for value in values]\n" in diff
    assert "      +    return [value / top * SCALE for value in values]\n" in diff
    assert "      +SCALE = 10\n" in diff
    told = json.loads(pivot("status", "--json").out)
    assert [row["status"] for row in told["stages"]] == ["will_run", "may_run"]
    assert told["summary"] == {"up_to_date": 0, "will_restore": 0, "will_run": 1, "may_run": 1, "opaque": 0}

    Path("src/utils.py").write_text(UTILS)
    Path("model.json").unlink()
    assert pivot("status", "train").out == "train   will restore   model.json is missing\n"


def test_a_missing_input_is_named_and_no_failure(pivot: Run) -> None:
    write_project()
    Path("data.json").unlink()
    outcome = pivot("status")
    assert outcome.code == 0
    assert "the input data.json does not exist" in outcome.err


def test_an_unknown_stage(pivot: Run) -> None:
    write_project()
    outcome = pivot("status", "trian")
    assert outcome.code == 2
    assert "did you mean train?" in outcome.err
