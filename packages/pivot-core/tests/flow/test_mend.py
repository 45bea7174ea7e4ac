"""Mending: what the work tree has is kept again, the rest is set aside and becomes stale; nothing is lost."""

import os
from pathlib import Path
from typing import Any

import pytest

from pivot.fsck import Report, fsck
from pivot.mend import mend
from pivot.traces import keep_only, read_records
from pivot.tracked import write_tracked
from pivot_cache import hash_bytes


def repaired(bench: Any) -> Report:
    """Mend, reading everything; locks are never touched, and a second round finds nothing more to mend."""
    locks = {path: path.read_bytes() for path in (bench.root / ".pivot/stages").rglob("*.lock")}
    with bench.open() as workspace:
        report = mend(workspace, "100%")
    assert locks == {path: path.read_bytes() for path in (bench.root / ".pivot/stages").rglob("*.lock")}
    return report


def clean_again(bench: Any) -> bool:
    with bench.open() as workspace:
        return not fsck(workspace, "100%").damaged


@pytest.fixture
def ran(bench: Any) -> Any:
    """A project that ran: ``clean`` made clean.json, ``total`` made total.json."""
    bench.repro()
    return bench


def object_of(bench: Any, path: str) -> Path:
    with bench.open() as workspace:
        return Path(workspace.store.path(hash_bytes((bench.root / path).read_bytes())))


def spoil(path: Path, data: bytes = b"wrong") -> None:
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


def test_what_the_work_tree_has_is_kept_again(done: Any) -> None:
    place = object_of(done, "clean.json")
    spoil(place)
    report = repaired(done)
    found, trace = report.findings
    assert (found.kind, found.mended, report.damaged) == ("corrupt", True, False)
    assert (trace.kind, trace.mended, trace.moved) == ("trace", True, None)
    assert found.moved is not None
    assert (done.root / found.moved).read_bytes() == b"wrong"
    assert place.read_bytes() == (done.root / "clean.json").read_bytes()
    assert clean_again(done)


def test_what_is_lost_is_made_again_by_the_next_run(ran: Any) -> None:
    spoil(object_of(ran, "clean.json"))
    before = (ran.root / "clean.json").read_bytes()
    (ran.root / "clean.json").unlink()
    report = repaired(ran)
    assert report.damaged
    assert [(one.kind, one.mended) for one in report.findings] == [("corrupt", False), ("trace", True)]
    ran.repro()
    assert ran.ran == ["clean"]
    assert (ran.root / "clean.json").read_bytes() == before
    assert clean_again(ran)


@pytest.mark.parametrize("way", ["hardlink", "symlink"])
def test_an_output_that_is_the_object_is_wrong_too(ran: Any, way: str) -> None:
    """Even if its stamp says that nothing happened, the next run reads it, and makes it again."""
    place, output = object_of(ran, "clean.json"), ran.root / "clean.json"
    before = output.read_bytes()
    output.unlink()
    (os.link if way == "hardlink" else os.symlink)(place, output)
    long_ago = 1_000_000_000
    os.utime(place, ns=(long_ago, long_ago))
    assert ran.repro().actions["clean"] == "skip"
    spoil(place, b"x" * len(before))
    os.utime(place, ns=(long_ago, long_ago))
    report = repaired(ran)
    assert report.damaged
    ran.repro()
    assert "clean" in ran.ran
    assert output.read_bytes() == before
    assert clean_again(ran)


def test_an_edited_output_is_no_copy_and_stays(ran: Any) -> None:
    spoil(object_of(ran, "clean.json"))
    (ran.root / "clean.json").write_text("by hand")
    assert repaired(ran).damaged
    assert (ran.root / "clean.json").read_text() == "by hand"
    ran.repro()
    assert any("is kept as" in str(event) for event in ran.events)


def test_tracked_data_that_is_there_is_kept_again(done: Any) -> None:
    (done.root / "raw.csv").write_text("1,2")
    with done.open() as workspace:
        write_tracked(done.root / "raw.csv.pvt", workspace.store.save(done.root / "raw.csv"))
    object_of(done, "raw.csv").unlink()
    report = repaired(done)
    assert [(one.kind, one.mended) for one in report.findings] == [("missing", True)]
    assert clean_again(done)


def test_a_directory_with_a_damaged_file_and_a_damaged_listing(done: Any) -> None:
    (done.root / "data" / "deep").mkdir(parents=True)
    (done.root / "data" / "deep" / "a.txt").write_text("a")
    with done.open() as workspace:
        content = workspace.store.save(done.root / "data")
        write_tracked(done.root / "data.pvt", content)
        listing = Path(workspace.store.path(content.digest))
    spoil(object_of(done, "data/deep/a.txt"), b"b")
    spoil(listing)
    assert not repaired(done).damaged
    assert clean_again(done)


def test_a_link_above_the_output_is_not_followed(done: Any, tmp_path: Path) -> None:
    (done.root / "data").mkdir()
    (done.root / "data" / "a.txt").write_text("a")
    with done.open() as workspace:
        write_tracked(done.root / "data" / "a.txt.pvt", workspace.store.save(done.root / "data" / "a.txt"))
    spoil(object_of(done, "data/a.txt"))
    outside = tmp_path / "outside"
    (done.root / "data").rename(outside)
    (done.root / "data").symlink_to(outside)
    repaired(done)
    assert sorted(path.name for path in outside.iterdir()) == ["a.txt", "a.txt.pvt"]


def test_one_of_two_records_under_a_key_stays(done: Any) -> None:
    """Two results from the same known state, which differ in what the run read undeclared."""
    with done.open() as workspace:
        (key, lock) = next((key, read_records(workspace.runs, key)[0]) for key in sorted(workspace.runs.keys()))
        path, output = next(iter(lock.outputs.items()))
        gone = output._replace(content=output.content._replace(digest=hash_bytes(b"gone")))
        keep_only(workspace.runs, key, [lock, lock._replace(outputs={path: gone})])
        mend(workspace)
        assert read_records(workspace.runs, key) == [lock]
    assert len(list((done.root / ".pivot/cache/quarantine").iterdir())) == 1
    assert clean_again(done)


def test_modes_and_leftovers(done: Any) -> None:
    place = object_of(done, "clean.json")
    place.chmod(0o666)
    leftover = done.root / ".pivot/cache/tmp/0123456789abcdef"
    leftover.mkdir(parents=True)
    (leftover / "1").write_text("half")
    (done.root / ".pivot/cache/notes.txt").write_text("mine")
    report = repaired(done)
    assert not report.damaged
    assert place.stat().st_mode & 0o777 == 0o444
    assert not leftover.exists()
    assert (done.root / ".pivot/cache/notes.txt").read_text() == "mine"


def test_a_sound_project_stays_as_it_is(done: Any) -> None:
    before = {path: path.lstat().st_mtime_ns for path in (done.root / ".pivot/cache/objects").rglob("*")}
    assert repaired(done).findings == ()
    assert {path: path.lstat().st_mtime_ns for path in (done.root / ".pivot/cache/objects").rglob("*")} == before
