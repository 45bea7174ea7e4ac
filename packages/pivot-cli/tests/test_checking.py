import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture
def objects(pivot: Run, tmp_path: Path) -> list[Path]:
    """The objects at a remote that everything was pushed to."""
    pivot("init", "--example")
    pivot("repro", "-q")
    pivot("remote", "add", "disk", (tmp_path / "remote").as_uri())
    pivot("push")
    return sorted(path for path in (tmp_path / "remote/objects").rglob("*") if path.is_file())


def test_a_remote_that_is_whole(pivot: Run, objects: list[Path]) -> None:
    assert "Checked 2 paths: all is well" in pivot("fsck", "--remote").out
    assert "read 2 objects (104 bytes): all is well" in pivot("fsck", "--remote", "disk", "--read-data").out


def test_what_is_not_there_is_named(pivot: Run, objects: list[Path]) -> None:
    for path in objects:
        path.unlink()
    ended = pivot("fsck", "--remote")
    assert ended.code == 1 and "clean.json is not in disk" in ended.err and "damaged" in ended.out
    pivot("push")
    assert pivot("fsck", "--remote").code == 0


def test_wrong_bytes_are_found_when_they_are_read(pivot: Run, objects: list[Path]) -> None:
    path = objects[0]
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert pivot("fsck", "--remote").code == 0
    found = pivot("fsck", "--remote", "--read-data", "--json")
    assert found.code == 1 and json.loads(found.out)["corrupt"] == [path.parent.name + path.name]
    advice = pivot("fsck", "--remote", "--read-data").err
    assert f"what the cache has takes the place of objects/{path.parent.name}/{path.name}" in advice
    assert path.read_bytes() != data
    mended = pivot("fsck", "--remote", "--read-data", "--repair")
    assert mended.code == 0 and "Sent 1 object once more" in mended.out and "all is well again" in mended.out
    assert path.read_bytes() == data and pivot("fsck", "--remote", "--read-data").code == 0


def test_what_the_cache_has_mends_a_remote_and_the_rest_is_named(pivot: Run, objects: list[Path]) -> None:
    lacking, damaged = objects
    lacking.unlink()
    damaged.chmod(0o644)
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    (Path(".pivot/cache/objects") / damaged.parent.name / damaged.name).unlink()
    ended = pivot("fsck", "--remote", "--read-data", "--repair")
    assert ended.code == 1 and "could not be mended from this cache" in ended.err
    assert lacking.exists() and damaged.read_bytes().startswith(b"xx")  # what has no good copy here is left alone
    told = json.loads(pivot("fsck", "--remote", "--read-data", "--repair", "--json").out)
    assert told["corrupt"] == [damaged.parent.name + damaged.name] and told["mended"] == []


def test_what_a_remote_does_not_take_is_told_with_the_reason(pivot: Run, objects: list[Path]) -> None:
    first, second = objects
    first.unlink()
    first.parent.rmdir()
    first.parent.write_text("in the way")
    second.unlink()
    ended = pivot("fsck", "--remote", "--repair")
    assert ended.code == 1 and "the remote did not take all that was sent" in ended.err
    assert f"{first.parent}: " in ended.err and "could not be mended" not in ended.err
    assert second.exists()
    told = json.loads(pivot("fsck", "--remote", "--repair", "--json").out)
    assert [one["object"] for one in told["refused"]] == [first.parent.name + first.name]


def test_a_remote_that_cannot_be_looked_at(pivot: Run, objects: list[Path], tmp_path: Path) -> None:
    pivot("remote", "add", "gone", (tmp_path / "no/disk").as_uri())
    ended = pivot("fsck", "--remote", "gone")
    assert ended.code == 2 and ended.err.startswith("Error: ")
