import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def test_names_and_outputs(example: Run) -> None:
    assert example("list").out == "preprocess   clean.json\nsummarize    summary.json\n"


def test_deps(example: Run) -> None:
    assert example("list", "--deps").out == (
        "preprocess\n"
        "  reads  data.json\n"
        "  makes  clean.json\n"
        "summarize\n"
        "  reads  clean.json   from preprocess\n"
        "  makes  summary.json\n"
    )


def test_json(example: Run) -> None:
    told = json.loads(example("list", "--json").out)
    assert told["pipeline"] == "example"
    assert [row["stage"] for row in told["stages"]] == ["preprocess", "summarize"]
    last = told["stages"][1]
    assert last["deps"] == ["clean.json"]
    assert last["outs"] == [{"path": "summary.json", "kind": "out"}]
    assert last["upstream"] == ["preprocess"]
    assert (last["file"], last["params"], last["mutex"]) == ("pipeline.py", None, [])


def test_a_name_with_control_characters_stays_on_its_line(example: Run) -> None:
    pipeline = Path("pipeline.py")
    pipeline.write_text(pipeline.read_text().replace('"summary.json"', '"sum\\x1b[2J.json"'))
    assert example("list").out.splitlines()[1:] == [r"summarize    'sum\x1b[2J.json'"]
    assert r"  makes  'sum\x1b[2J.json'" in example("list", "--deps").out.splitlines()
