"""A check sees every kind of damage, says whom it concerns, and changes nothing."""

import os
from pathlib import Path
from typing import Any

import pytest

from pivot.errors import UsageError
from pivot.fsck import Finding, Reading, Report, fsck
from pivot.tracked import write_tracked
from pivot_cache import Content, DiskError, LocalStore, ObjectId, TreeEntry, hash_bytes, tree_bytes


def check(project: Any, read: str | None = None) -> Report:
    with project.open() as workspace:
        before = snapshot(project.root)
        report = fsck(workspace, read)
        assert snapshot(project.root) == before
        return report


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in root.rglob("*") if not path.name.startswith("state.db")]
    return {str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in files}


def kinds(report: Report) -> list[str]:
    return [one.kind for one in report.findings]


def overwrite(path: Path, data: bytes) -> None:
    """Change a file's bytes and not its stamp, but for the time of the change, as a fault of the disk would."""
    status = path.stat()
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_sound_project(done: Any) -> None:
    report = check(done)
    assert (report.findings, report.damaged, report.blind) == ((), False, False)
    assert (report.stock.objects, report.stock.records, report.stock.traces) == (2, 2, 2)
    assert check(done, "100%").stock.read == 2


def test_before_anything_was_recorded(kept: Any) -> None:
    assert check(kept).stock == (0, 0, 0, 0, 0, 0)


def test_wrong_bytes_of_the_right_size_are_seen_by_reading(done: Any) -> None:
    place = done.object_of("clean.json")
    overwrite(place, b"x" * place.stat().st_size)
    assert check(done).findings == ()
    report = check(done, "100%")
    found, trace = report.findings
    assert (found.kind, found.uses, found.traces) == ("corrupt", (("clean", "clean.json"),), 1)
    assert trace.kind == "trace"
    assert report.damaged


@pytest.mark.parametrize("fault", ["empty", "shorter", "writable", "linked", "fifo", "link", "directory"])
def test_what_can_be_seen_without_reading(done: Any, fault: str, tmp_path: Path) -> None:
    place = done.object_of("clean.json")
    match fault:
        case "empty":
            overwrite(place, b"")
        case "shorter":
            overwrite(place, b"{")
        case "writable":
            overwrite(place, b"x" * place.stat().st_size)
            place.chmod(0o644)
        case "linked":
            os.link(place, done.root / "linked")
            overwrite(place, b"x" * place.stat().st_size)
        case "fifo":
            place.unlink()
            os.mkfifo(place)
        case "link":
            place.unlink()
            place.symlink_to("/etc/passwd")
        case "directory":
            place.unlink()
            place.mkdir()
    report = check(done)
    assert [one.uses for one in report.findings if one.kind == "corrupt"] == [(("clean", "clean.json"),)]
    assert report.damaged


def test_a_change_since_it_was_verified_is_seen_without_reading_anything_else(done: Any) -> None:
    place = done.object_of("clean.json")
    long_ago = 1_000_000_000
    for path in place.parent.parent.rglob("*"):
        os.utime(path, ns=(long_ago, long_ago))
    with done.open() as workspace:
        store = workspace.store
        store._objects._clock = lambda: 1 << 62
        for oid in list(store.ids()):
            assert store.verify(oid)
    assert check(done).stock.read == 0
    overwrite(place, b"x" * place.stat().st_size)
    report = check(done)
    assert (kinds(report)[0], report.stock.read) == ("corrupt", 1)


def test_what_is_missing(done: Any) -> None:
    done.object_of("total.json").unlink()
    (lost, trace) = check(done).findings
    assert (lost.kind, lost.uses, lost.traces) == ("missing", (("total", "total.json"),), 1)
    assert (trace.kind, trace.detail) == ("trace", "names what the cache does not hold")


def test_a_directory_lacks_a_file(kept: Any) -> None:
    kept.write("plots/deep/a.txt", "a")
    kept.record("plot", "plots/", trace=False)
    kept.object_of("plots/deep/a.txt").unlink()
    (found,) = check(kept).findings
    assert (found.kind, found.place, found.uses) == ("missing", hash_bytes(b"a"), (("plot", "plots/"),))


@pytest.mark.parametrize("fault", ["no listing", "size of a file", "too deep", "damaged"])
def test_a_listing_that_is_wrong(kept: Any, fault: str) -> None:
    with kept.open() as workspace:
        store = LocalStore(workspace.store.root, durable=False)
        file = store.add_bytes(b"a")
        data = tree_bytes([TreeEntry("a", "file", file, 7 if fault == "size of a file" else 1)])
        if fault == "no listing":
            data = b"something else"
        oid = store.add_bytes(data)
        if fault == "too deep":
            for _ in range(250):
                oid = store.add_bytes(tree_bytes([TreeEntry("d", "directory", oid, 1)]))
        if fault == "damaged":
            overwrite(Path(store.path(oid)), data.replace(b'"a"', b'"b"'))
    kept.note("plot", {"plots/": Content("directory", oid, 1)})
    report = check(kept)
    assert kinds(report) == ["corrupt"]
    assert report.findings[0].uses == (("plot", "plots/"),)


def test_a_record_that_lies_about_a_size(kept: Any) -> None:
    with kept.open() as workspace:
        file, directory = workspace.store.add_bytes(b"abc"), workspace.store.add_bytes(tree_bytes([]))
    kept.note("clean", {"clean.json": Content("file", file, 4)})
    (found,) = check(kept).findings
    assert (found.kind, found.uses) == ("record", (("clean", "clean.json"),))
    kept.note("clean", {"clean/": Content("directory", directory, 4)})
    assert kinds(check(kept)) == ["record"]


def test_records_that_cannot_be_used(done: Any) -> None:
    (done.root / ".pivot/stages/clean.lock").write_text("<<<<<<< HEAD")
    (done.root / "raw.csv.pvt").write_text("{}")
    found = check(done).findings
    assert [(one.kind, one.place) for one in found] == [("record", "clean"), ("record", "raw.csv")]
    assert "clean.lock" in found[0].detail


def test_tracked_data(done: Any) -> None:
    (done.root / "raw.csv").write_text("1,2")
    with done.open() as workspace:
        write_tracked(done.root / "raw.csv.pvt", workspace.store.save(done.root / "raw.csv"))
    assert check(done).findings == ()
    done.object_of("raw.csv").unlink()
    (found,) = check(done).findings
    assert (found.kind, found.uses) == ("missing", ((None, "raw.csv"),))


def test_writable_objects(done: Any) -> None:
    done.object_of("clean.json").chmod(0o644)
    (found,) = check(done).findings
    assert (found.kind, found.detail) == ("writable", "")


def test_what_hurts_nothing_is_told(done: Any) -> None:
    cache = done.root / ".pivot" / "cache"
    (cache / "notes.txt").write_text("mine")
    (cache / "tmp" / "0123456789abcdef").mkdir(parents=True)
    (cache / "quarantine").mkdir()
    (cache / "quarantine" / "x").write_text("123")
    run = next((cache / "runs").rglob("*/*"))
    run.write_text("garbage")
    report = check(done)
    assert kinds(report) == ["trace", "foreign", "leftover", "set aside"]
    assert not report.damaged
    assert report.findings[1].place == ".pivot/cache/notes.txt"


def test_an_object_that_cannot_be_read(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(store: LocalStore, oid: ObjectId) -> bool:
        raise DiskError("read", "somewhere", 13)

    monkeypatch.setattr(LocalStore, "verify", refuse)
    report = check(done, "100%")
    assert kinds(report) == ["unreadable", "unreadable"]
    assert (report.damaged, report.blind) == (False, True)


def test_a_part_of_the_objects(done: Any) -> None:
    read = [check(done, f"{number}/2").stock.read for number in (1, 2)]
    assert sum(read) == 2
    with pytest.raises(UsageError):
        check(done, "some")


def test_it_says_how_far_it_is(done: Any) -> None:
    told: list[Reading] = []
    with done.open() as workspace:
        stock = fsck(workspace, "100%", told.append).stock
    sizes = [one.bytes_done for one in told]
    assert [one.objects_done for one in told] == [0, 1] and {one.objects for one in told} == {stock.objects}
    assert sizes == sorted(set(sizes)) and {one.bytes for one in told} == {stock.bytes} and sizes[-1] < stock.bytes


def test_a_finding_made_by_hand_is_not_mended() -> None:
    assert not Finding("corrupt", "x").mended
