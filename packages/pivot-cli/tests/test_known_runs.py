import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


def test_records_go_along_if_they_can_be_signed(pivot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pivot("init", "--example")
    pivot("repro", "-q")
    pivot("remote", "add", "disk", (tmp_path / "remote").as_uri())
    assert json.loads(pivot("push", "--json").out)["runs"] == 0
    monkeypatch.setenv("PIVOT_REMOTE_SIGNING_KEY", "a-key-that-the-team-shares")
    assert "Pushed 2 records of runs, signed" in pivot("push").out
    assert len([path for path in (tmp_path / "remote/runs").rglob("*") if path.is_file()]) == 2
