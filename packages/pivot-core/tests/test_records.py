"""The records of a project, as they lie there."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pivot.errors import StorageError
from pivot.lock import Lock, Output, write_lock
from pivot.record import Damaged
from pivot.records import find_locks, find_records, is_record, parse_records
from pivot.tracked import encode as encode_tracked
from pivot.tracked import write_tracked
from pivot_cache import Content, ObjectId

DATA = Content("file", ObjectId("ab" * 32), 5)


def lock(stage: str, *paths: str) -> Lock:
    return Lock(stage, 1, {}, (), {}, None, {}, {}, {}, {path: Output(DATA, "out") for path in paths})


def test_all_of_a_project(tmp_path: Path) -> None:
    stages = tmp_path / ".pivot/stages"
    write_lock(stages / "train.lock", lock("train", "model.bin", "plots/"))
    write_lock(stages / "sub/train.lock", lock("train", "sub/model.bin"))
    (stages / "bad.lock").write_text("{}")
    (stages / "notes.txt").write_text("no record")
    (tmp_path / "plots").mkdir()
    write_tracked(tmp_path / "plots/inside.pvt", DATA)
    write_tracked(tmp_path / "raw.csv.pvt", DATA)
    (tmp_path / "broken.pvt").touch()
    found = find_records(tmp_path)
    assert [(one.pipeline, one.stage) for one in found.stages] == [(".", "bad"), (".", "train"), ("sub", "train")]
    assert found.outputs() == {"model.bin": "train", "plots": "train", "sub/model.bin": "train"}
    assert [one.path for one in found.tracked] == ["broken", "raw.csv"]
    assert [problem.split(":")[0].rpartition("/")[2] for problem in found.damaged()] == ["bad.lock", "broken.pvt"]


def test_nothing_yet(tmp_path: Path) -> None:
    assert list(find_locks(tmp_path / ".pivot")) == []
    assert find_records(tmp_path) == ((), ())
    assert not any(isinstance(one.lock, Damaged) for one in find_records(tmp_path).stages)


def test_those_of_a_revision(tmp_path: Path) -> None:
    stages = tmp_path / ".pivot/stages"
    write_lock(stages / "train.lock", lock("train", "model.bin"))
    write_lock(stages / "sub/train.lock", lock("train", "sub/model.bin"))
    (stages / "other.lock").write_bytes((stages / "train.lock").read_bytes())  # of a stage with another name
    write_tracked(tmp_path / "a b.pvt", DATA)
    (tmp_path / "bad.pvt").touch()
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    assert all(map(is_record, files)) and not any(map(is_record, ["a.lock", ".pivot/state.db", "pipeline.py"]))
    found = parse_records({path: file.read_bytes() for path, file in files.items()})
    assert found.outputs() == {"model.bin": "train", "sub/model.bin": "train"}
    assert [(one.pipeline, one.stage) for one in found.stages] == [(".", "other"), ("sub", "train"), (".", "train")]
    assert [one.path for one in found.tracked] == ["a b", "bad"]
    assert len(found.damaged()) == 2


NAMES = (
    st.sampled_from(["a", "b.pvt", "..", ".", "", ".git", ".GIT", "git~1", ".pivot", "stages", "x\0", "a\nb"])
    | st.text()
)


@example("a/.", encode_tracked(DATA))
@example("a/", encode_tracked(DATA))
@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join), st.binary(max_size=20) | st.just(encode_tracked(DATA)))
def test_no_path_of_a_revision_leads_out_of_the_project(path: str, data: bytes) -> None:
    """A tree of git may have any name in it: only a checkout refuses."""
    for one in parse_records({f"{path}.pvt": data}).tracked:
        names = one.path.split("/")
        assert not {"", ".", ".."} & set(names) and ".git" not in names and "\0" not in one.path


def test_records_that_cannot_be_looked_at_are_no_empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "", path)

    write_lock(tmp_path / ".pivot/stages/train.lock", lock("train"))
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageError, match="cannot be read: permission denied"):
        list(find_locks(tmp_path / ".pivot"))
