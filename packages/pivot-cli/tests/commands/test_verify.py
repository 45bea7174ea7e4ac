import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def test_exit_codes_and_words(example: Run) -> None:
    before = example("verify")
    assert before.code == 1 and "never run" in before.out and before.out.endswith("not up to date\n")
    example("repro", "-q")
    after = example("verify")
    assert after.code == 0 and after.out.startswith("Everything is up to date")
    assert example("verify", "-q").out == ""


def test_a_missing_output_counts_unless_allowed(example: Run) -> None:
    example("repro", "-q")
    lock = json.loads(next(Path(".pivot/stages").iterdir()).read_text())
    Path(next(iter(lock["outputs"]))).unlink()
    assert example("verify").code == 1
    assert example("verify", "--allow-missing").code == 0
    told = json.loads(example("verify", "--json").out)
    assert told["summary"]["restore"] == 1


def test_the_summary_is_written_where_the_command_stands(example: Run) -> None:
    example("verify", "--summary", "out.md")
    assert Path("out.md").read_text().startswith("### pivot verify: ")
