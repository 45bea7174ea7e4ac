import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def pushed(example: Run, tmp_path: Path) -> None:
    example("repro")
    example("remote", "add", "disk", (tmp_path / "remote").as_uri())
    example("push")
    shutil.rmtree(".pivot/cache")


def outputs() -> list[str]:
    locks = [json.loads(path.read_text()) for path in Path(".pivot/stages").iterdir()]
    return sorted(path for lock in locks for path in lock["outputs"])


def test_files_come_back(pivot: Run) -> None:
    before = {name: Path(name).read_bytes() for name in outputs()}
    for name in before:
        Path(name).unlink()
    ended = pivot("pull", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["summary"]["restored"] == len(before)
    assert {name: Path(name).read_bytes() for name in before} == before


def test_a_dry_run_changes_nothing(pivot: Run) -> None:
    assert "Would fetch" in pivot("pull", "-n").out
    assert not Path(".pivot/cache/objects").exists()


def test_an_edited_file_is_left_alone_unless_forced(pivot: Run) -> None:
    name = outputs()[0]
    before = Path(name).read_bytes()
    Path(name).write_bytes(b"mine")
    assert pivot("pull").code == 4 and Path(name).read_bytes() == b"mine"
    assert pivot("pull", "-f").code == 0 and Path(name).read_bytes() == before
