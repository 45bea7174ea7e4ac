"""A look at a level sees everything; its signature differs when anything on it does."""

import os
from pathlib import Path

import pytest

from pivot_cache import SourceUnreadable, UnsupportedFile, hash_bytes
from pivot_cache.leftovers import temporary_name
from pivot_cache.level import Summary, is_object_path, look, pack_files, pack_head, read_files, read_head, sign
from pivot_cache.stamp import STAMP_SIZE, stamp

SUMMARY = Summary(hash_bytes(b"x"), 12, 3)


def see(directory):
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        return look(descriptor, str(directory))
    finally:
        os.close(descriptor)


def test_what_is_there(work):
    path = work.write("f", "1")
    work.write("d/x")
    work.link("l", "f")
    level = see(work.root)
    assert level.names == ["f"]
    assert level.stamps == [stamp(os.stat(path))]
    assert level.directories == ["d"]
    assert level.links == [("l", "f")]
    assert level.newest == os.stat(path).st_ctime_ns


def test_newest_counts_both_times(work):
    path = work.write("f")
    os.utime(path, ns=(0, 10**19))
    assert see(work.root).newest == os.stat(path).st_mtime_ns


def test_our_temporaries_are_no_part_of_it(work):
    work.write("f")
    (work / temporary_name()).mkdir()
    work.link(temporary_name(), "f")
    level = see(work.root)
    assert (level.directories, level.links) == ([], [])


def test_link_into_a_store_stands_for_the_object(work, tmp_path):
    oid = hash_bytes(b"x")
    target = tmp_path / "objects" / oid[:2] / oid[2:]
    target.parent.mkdir(parents=True)
    target.write_bytes(b"x")
    work.link("l", str(target))
    work.link("dead", str(target)[:-1] + ("0" if target.name[-1] != "0" else "1"))
    level = see(work.root)
    assert level.names == ["l"]
    assert level.followed == {"l"}
    assert level.stamps == [stamp(os.stat(target))]
    assert level.links == []


def test_form_of_an_object_path():
    oid = hash_bytes(b"x")
    assert is_object_path(f"/c/objects/{oid[:2]}/{oid[2:]}")
    for other in (
        f"c/objects/{oid[:2]}/{oid[2:]}",
        f"/c/object/{oid[:2]}/{oid[2:]}",
        f"/c/objects/{oid}",
        f"/c/objects/{oid[:2]}/{oid[2:]}/",
        "/etc/passwd",
        "",
    ):
        assert not is_object_path(other)


def test_fifo_is_refused_by_name(work):
    os.mkfifo(work / "p")
    with pytest.raises(UnsupportedFile) as caught:
        see(work.root)
    assert (caught.value.path, caught.value.what) == (str(work / "p"), "named pipe")


def test_what_cannot_be_listed(work, monkeypatch):
    def refuse(descriptor):
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceUnreadable) as caught:
        see(work.root)
    assert caught.value.path == str(work.root)


def change_bytes(root: Path):
    (root / "f").write_text("2")


def change_time(root: Path):
    os.utime(root / "f", ns=(5, 5))


def change_bit(root: Path):
    (root / "f").chmod(0o755)


def change_name(root: Path):
    (root / "f").rename(root / "g")


def change_link(root: Path):
    (root / "l").unlink()
    (root / "l").symlink_to("other")


def change_kind(root: Path):
    (root / "l").unlink()
    (root / "l").write_text("f")


def add(root: Path):
    (root / "new").write_text("")


def add_directory(root: Path):
    (root / "newdir").mkdir()


@pytest.mark.parametrize(
    "change", [change_bytes, change_time, change_bit, change_name, change_link, change_kind, add, add_directory]
)
def test_any_change_changes_the_signature(work, change):
    work.write("f", "1")
    work.link("l", "f")
    before = see(work.root)
    assert sign(before, []) == sign(see(work.root), [])
    change(work.root)
    after = see(work.root)
    assert sign(after, [SUMMARY] * len(after.directories)) != sign(before, [])


def test_a_change_below_changes_the_signature(work):
    work.write("d/f")
    level = see(work.root)
    signatures = {
        sign(level, [below]) for below in (SUMMARY, SUMMARY._replace(digest=hash_bytes(b"y")), SUMMARY._replace(rise=0))
    }
    assert len(signatures) == 3


def test_head_is_believed_for_its_signature_only():
    fact = pack_head(b"s" * 32, SUMMARY)
    assert read_head(fact, b"s" * 32) == SUMMARY
    assert read_head(fact, b"t" * 32) is None
    assert read_head(fact[:-1], b"s" * 32) is None
    assert read_head(None, b"s" * 32) is None


def test_files_round_trip():
    files = {name: bytes([number]) * (STAMP_SIZE + 32) for number, name in enumerate(["a", "b\n", "\udcff", "é"])}
    assert read_files(pack_files(files)) == files
    assert read_files(pack_files({})) == {}


@pytest.mark.parametrize(
    "fact", [None, b"", b"\1", b"\1" + bytes(7), b"\xff" * 8, pack_files({"a": b"1" * 76}) + b"\0b"]
)
def test_files_that_cannot_be_read_are_none(fact):
    assert read_files(fact) == {}
