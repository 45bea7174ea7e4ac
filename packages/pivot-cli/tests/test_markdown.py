from pathlib import Path
from typing import Any

import pytest

from pivot.errors import StorageError
from pivot_cli.markdown import write_summary


def row(stage: str, action: str, seconds: float | None = None, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "action": action, "reasons": [], "seconds": seconds, **more}


def data(*rows: dict[str, Any]) -> dict[str, Any]:
    actions = [one["action"] for one in rows]
    words = ("run", "restore", "skip", "failed", "blocked")
    return {"stages": list(rows), "summary": {word: actions.count(word) for word in words}}


def test_a_summary_is_added_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    reasons = [
        {"reason": "code_changed", "changes": [{"label": "func:total"}]},
        {"reason": "input_changed", "path": "data|1.csv"},
    ]
    rows = (
        row("train", "run", 2.0, reasons=reasons),
        row("plot", "failed", 0.1, failure={"problem": "ValueError: <b>no</b>"}),
        row("report", "blocked", blocked_by="plot"),
        row("clean", "skip", 0.0),
    )
    write_summary(file, data(*rows), title="pivot repro")
    assert file.read_text().splitlines() == [
        "before",
        "### pivot repro: 1 ran, 1 up to date, 1 **failed**, 1 did not start",
        "",
        "| stage | | why | time |",
        "|---|---|---|---|",
        r"| train | ran | code changed: func:total, input changed: data\|1.csv | 2.0 s |",
        r"| plot | **failed** | ValueError: \<b\>no\</b\> | 0.10 s |",
        "| report | did not start | plot failed |  |",
        "",
        "1 stage up to date.",
        "",
    ]


def test_what_would_be(tmp_path: Path) -> None:
    write_summary(tmp_path / "s.md", data(row("train", "run")), title="pivot verify", would=True)
    assert (tmp_path / "s.md").read_text().startswith("### pivot verify: 1 would run\n")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write the summary"):
        write_summary(tmp_path / "none" / "s.md", data(), title="x")
