import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def project(example: Run, tmp_path: Path) -> None:
    example("repro")
    example("remote", "add", "disk", (tmp_path / "remote").as_uri())


def test_push_then_nothing_to_push(pivot: Run, tmp_path: Path) -> None:
    would = pivot("push", "-n")
    assert would.code == 0 and "Would push" in would.out and not (tmp_path / "remote").exists()
    pushed = pivot("push", "-j", "3")
    assert pushed.code == 0
    assert pushed.out.splitlines()[0] == f"Pushing to disk: {(tmp_path / 'remote').as_uri()}"
    assert pushed.out.splitlines()[1].startswith("Pushed ")
    assert "Everything is there already" in pivot("push").out
    assert pivot("push", "-q").out == ""


def test_the_report_as_data(pivot: Run) -> None:
    told = json.loads(pivot("push", "--json").out)
    assert told.keys() == {
        "remote", "address", "dry_run", "objects", "bytes", "present", "runs",
        "incomplete", "problems", "seconds", "unreadable",
    }  # fmt: skip
    assert told["objects"] > 0 and told["incomplete"] == []


def test_what_cannot_be_fetched_is_told(pivot: Run, tmp_path: Path) -> None:
    pivot("push")
    for name in [path for path in Path(".pivot/cache/objects").rglob("*") if path.is_file()]:
        name.unlink()
    victim, *_ = sorted(path for path in (tmp_path / "remote/objects").rglob("*") if path.is_file())
    victim.chmod(0o644)
    victim.write_bytes(b"x" * victim.stat().st_size)
    ended = pivot("fetch")
    assert ended.code == 1
    assert "could not be moved whole" in ended.err
    assert f"{victim.parent.name + victim.name[:14]}…: what disk has under this name is something else" in ended.err
    assert not (Path(".pivot/cache/objects") / victim.parent.name / victim.name).exists()
    told = json.loads(pivot("fetch", "--json").out)
    assert [one["object"] for one in told["problems"]] == [victim.parent.name + victim.name]


def test_a_remote_that_is_not_there_is_one_line(pivot: Run) -> None:
    pivot("remote", "add", "-d", "gone", "file:///no/such/place")
    ended = pivot("push")
    assert ended.code == 4
    assert ended.err == "Error: file:///no/such/place: there is no directory /no/such: mount the disk, or make it\n"
    assert json.loads(pivot("push", "--json").out)["error"]["kind"] == "DirectoryMissing"
