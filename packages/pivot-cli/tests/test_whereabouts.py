import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def test_what_is_missing_where(pivot: Run, tmp_path: Path) -> None:
    pivot("init", "--example")
    pivot("repro", "-q")
    pivot("remote", "add", "disk", (tmp_path / "remote").as_uri())
    pivot("push", "preprocess")
    told = pivot("status", "--remote").out
    assert "summary.json   not in disk: pivot push sends it" in told and "clean.json" not in told
    shutil.rmtree(".pivot/cache")
    lines = pivot("status", "-r").out.splitlines()
    assert lines[1:] == [
        "clean.json     not in the cache: pivot pull gets it",
        "summary.json   neither in the cache nor in disk: pivot repro summarize makes it again",
    ]
    rows = json.loads(pivot("status", "-r", "preprocess", "--json").out)["paths"]
    assert rows == [{"path": "clean.json", "stage": "preprocess", "in_cache": False, "in_remote": True}]
    pivot("pull", "preprocess")
    assert "1 path in the cache and in disk" in pivot("status", "-r", "preprocess").out
