import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def old(pivot: Run, tmp_path: Path) -> Path:
    """A remote with one object that nothing needs, and its path."""
    pivot("init", "--example")
    pivot("repro", "-q")
    pivot("remote", "add", "disk", (tmp_path / "remote").as_uri())
    pivot("push")
    path = tmp_path / "remote/objects/ab" / ("0" * 62)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"old")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


def test_a_plan_comes_first(pivot: Run, old: Path) -> None:
    planned = pivot("gc", "--remote")
    assert planned.code == 0 and "Would remove 1 object (3 bytes" in planned.out and old.exists()
    assert "Removed 1 object" in pivot("gc", "--remote", "disk", "-y").out and not old.exists()


def test_what_cannot_be_removed_is_told(pivot: Run, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.unlink", refuse)
    ended = pivot("gc", "--remote", "--yes")
    assert ended.code == 1 and "1 file could not be removed" in ended.err


def test_it_is_not_for_all_projects(pivot: Run, old: Path) -> None:
    assert pivot("gc", "--remote", "--all-projects").code == 2
