import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def actions(outcome: Any) -> dict[str, str]:
    return {row["stage"]: row["action"] for row in json.loads(outcome.out)["stages"]}


def test_the_life_of_a_pipeline(example: Run) -> None:
    first = example("repro")
    assert first.code == 0
    assert [line.split()[:3] for line in first.out.splitlines()[:2]] == [
        ["✓", "preprocess", "ran"],
        ["✓", "summarize", "ran"],
    ]
    assert first.out.splitlines()[-1].startswith("Done: 2 ran (")
    assert json.loads(Path("summary.json").read_text()) == {"count": 2, "mean": 3.0}

    second = example("repro")
    assert (second.code, second.err) == (0, "")
    assert second.out.startswith("Everything is up to date (2 stages, ")
    assert len(second.out.splitlines()) == 1

    edit("pipeline.py", "sum(values) / len(values)", "sum(values) / len(values) + 1")
    third = example("repro")
    assert "func:mean changed" in third.out
    assert third.out.splitlines()[-1].startswith("Done: 1 ran, 1 up to date (")
    assert json.loads(Path("summary.json").read_text())["mean"] == 4.0

    edit("pipeline.py", "sum(values) / len(values) + 1", "sum(values) / len(values)")
    fourth = example("repro")
    assert fourth.out.splitlines()[-1].startswith("Done: 1 restored, 1 up to date (")
    assert json.loads(Path("summary.json").read_text())["mean"] == 3.0


def test_json(example: Run) -> None:
    outcome = example("repro", "--json")
    told = json.loads(outcome.out)
    assert outcome.err == ""
    assert actions(outcome) == {"preprocess": "run", "summarize": "run"}
    assert told["stages"][0]["reasons"] == [{"reason": "never_run", "problem": None}]
    assert told["summary"]["run"] == 2
    again = json.loads(example("repro", "--json").out)
    assert again["summary"] == {"run": 0, "restore": 0, "skip": 2, "failed": 0, "blocked": 0}


def test_a_dry_run_writes_nothing(example: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.name != "state.db"}
    outcome = example("repro", "-n")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "preprocess   will run       never run",
        "summarize    will run       never run (+1 more)",
        "2 of 2 stages would run or be restored",
    ]
    assert actions(example("repro", "-n", "--json")) == {"preprocess": "run", "summarize": "run"}
    after = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.name != "state.db"}
    assert {path for path in after if ".pivot" not in path.parts} == {
        path for path in before if ".pivot" not in path.parts
    }


def test_explain_is_the_same_everywhere_and_runs_nothing(example: Run) -> None:
    example("repro")
    edit("pipeline.py", 'record["value"] is not None', 'record["value"] is not False')
    shown = example("status", "--explain").out
    assert "Stage: preprocess\n  Status: WILL RUN\n  Reason: Code dependency changed\n" in shown
    assert "Stage: summarize\n  Status: MAY RUN\n" in shown
    assert example("repro", "--explain").out == shown
    assert example("repro", "-n", "-e").out == shown
    assert json.loads(Path("clean.json").read_text())["records"] == [
        {"name": "alpha", "value": 1.5},
        {"name": "gamma", "value": 4.5},
    ]


def test_a_failure(example: Run) -> None:
    example("repro")
    edit("pipeline.py", "return record", 'print("look at", record); return record["no such key"] or record')
    outcome = example("repro")
    assert outcome.code == 1
    assert "✗ preprocess" in outcome.err
    assert "KeyError: 'no such key'" in outcome.err
    assert "in is_valid" in outcome.err
    assert "site-packages" not in outcome.err
    assert "Log: .pivot/logs/" in outcome.err
    assert "  | look at {'name': 'alpha', 'value': 1.5}" in outcome.err
    assert "- not started: summarize (preprocess failed)" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("Failed: 1 failed, 1 did not start (")

    told = example("repro", "--json")
    assert (told.code, told.err) == (1, "")
    assert actions(told) == {"preprocess": "failed", "summarize": "blocked"}
    failure = json.loads(told.out)["stages"][0]["failure"]
    assert (failure["kind"], failure["problem"]) == ("raised", "KeyError: 'no such key'")


def test_what_stages_print_is_shown_on_request(example: Run) -> None:
    edit("pipeline.py", "return record", 'print("look at", record["name"]); return record')
    assert "look at" not in example("repro").out
    shown = example("repro", "-f", "-v").out
    assert "preprocess | look at alpha\n" in shown


def test_quiet(example: Run) -> None:
    assert example("repro", "-q") == (0, "", "")
    assert Path("summary.json").exists()


def test_targets(example: Run) -> None:
    assert actions(example("repro", "preprocess", "--json")) == {"preprocess": "run"}
    assert actions(example("repro", "summary.json", "--json")) == {"preprocess": "skip", "summarize": "run"}
    outcome = example("repro", "sumarize")
    assert outcome.code == 2
    assert "did you mean summarize?" in outcome.err


def test_a_pipeline_below_the_root_of_the_project(pivot: Run) -> None:
    pivot("init")
    Path("below").mkdir()
    pivot("-C", "below", "init", "--example")
    assert actions(pivot("-C", "below", "repro", "--json")) == {"preprocess": "run", "summarize": "run"}
    assert Path(".pivot/stages/below/summarize.lock").exists()
    assert actions(pivot("-C", "below", "repro", "clean.json", "--json")) == {"preprocess": "skip"}
    assert pivot("-C", "below", "status", "summary.json").out == "summarize   up to date\n"
    Path("below/summary.json").unlink()
    assert "below/summary.json" in pivot("-C", "below", "checkout", "summary.json").out


def test_a_pipeline_without_stages(pivot: Run) -> None:
    Path("pipeline.py").write_text("import pivot\n\npipeline = pivot.Pipeline('empty')\n")
    for words in (("repro",), ("repro", "-n"), ("status",), ("list",)):
        outcome = pivot(*words)
        assert outcome.code == 0
        assert outcome.out.splitlines()[-1] == (
            "The pipeline has no stages yet: add one with pipeline.register(function)"
        )


def test_the_first_run_says_that_it_made_a_directory(example: Run) -> None:
    for path in sorted(Path(".pivot").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path(".pivot").rmdir()
    outcome = example("repro")
    assert outcome.out.splitlines()[0].startswith("Made .pivot: commit it")
    assert "Made" not in example("repro").out


@pytest.mark.parametrize("command", ["repro", "status", "list"])
def test_without_a_pipeline(pivot: Run, command: str) -> None:
    outcome = pivot(command)
    assert outcome.code == 3
    assert "no pipeline.py in" in outcome.err
    assert "pivot init --example" in outcome.err
    told = json.loads(pivot(command, "--json").out)["error"]
    assert (told["kind"], told["exit_code"]) == ("NoPipeline", 3)


def test_a_wrong_declaration(example: Run) -> None:
    edit("pipeline.py", "pipeline.register(summarize)", "pipeline.register(summarize)\npipeline.register(summarize)")
    outcome = example("repro")
    assert outcome.code == 3
    assert "summarize" in outcome.err
    assert "pipeline.py:" in outcome.err
    assert "Traceback" not in outcome.err


def test_an_input_that_is_not_what_it_was_declared_to_be(example: Run) -> None:
    Path("data.json").write_text("this is no JSON")
    outcome = example("repro")
    assert outcome.code == 3
    assert "data.json" in outcome.err


def test_a_missing_input(example: Run) -> None:
    Path("data.json").unlink()
    outcome = example("repro")
    assert outcome.code == 3
    assert "data.json" in outcome.err
    assert "Stage: preprocess" in outcome.err
