"""A file is replaced at once or not at all."""

import errno
import os
import stat

import pytest

from pivot_cache import DiskError, write_atomic, write_each_atomic
from pivot_cache.atomic import make_directories, make_directory, write_all


def test_new_and_replaced(work):
    path = work / "a"
    write_atomic(path, b"one")
    assert path.read_bytes() == b"one"
    write_atomic(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(work.root) == ["a"]


def test_reader_of_the_old_file_keeps_it(work):
    path = work.write("a", b"old")
    with open(path, "rb") as reader:
        write_atomic(path, b"new")
        assert reader.read() == b"old"


def test_bits(work):
    old = os.umask(0o027)
    try:
        write_atomic(work / "a", b"")
        write_atomic(work / "b", b"", mode=0o604)
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(work / "a").st_mode) == 0o640
    assert stat.S_IMODE(os.stat(work / "b").st_mode) == 0o604


def test_link_is_replaced_not_followed(work):
    target = work.write("target", b"keep")
    link = work.link("l", "target")
    write_atomic(link, b"new")
    assert target.read_bytes() == b"keep"
    assert not link.is_symlink()


@pytest.mark.parametrize("name", ["n" * 255, "a b\nc", "-rf", "é", os.fsdecode(b"\xff")])
def test_odd_names(work, name):
    write_atomic(work / name, b"x")
    assert (work / name).read_bytes() == b"x"


def test_relative_path(work, monkeypatch):
    monkeypatch.chdir(work.root)
    write_atomic("a", b"x")
    assert (work / "a").read_bytes() == b"x"


def test_flushed_before_the_rename_and_the_directory_after_it(work, faults):
    write_atomic(work / "a", b"x")
    calls = [(name, "directory" if place == str(work.root) else "file") for name, place in faults.log]
    assert calls == [
        ("open", "file"),
        ("write", "file"),
        ("fsync", "file"),
        ("rename", "file"),
        ("fsync", "directory"),
    ]


def test_nothing_is_flushed_if_not_durable(work, faults):
    write_atomic(work / "a", b"x", durable=False)
    assert [name for name, _ in faults.log] == ["open", "write", "rename"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_any_fault_leaves_the_old_file_and_no_other(work, faults, step, number):
    path = work.write("a", b"old")
    faults.count, faults.fail_at, faults.number = 0, step, number
    with pytest.raises(DiskError) as caught:
        write_atomic(path, b"new")
    assert (caught.value.path, caught.value.errno) == (str(path), number)
    assert path.read_bytes() == b"old"
    assert os.listdir(work.root) == ["a"]


def test_each_of_several_is_flushed_before_the_first_is_renamed(work, faults):
    write_each_atomic([(work / name, name.encode()) for name in "abc"])
    assert [(work / name).read_text() for name in "abc"] == ["a", "b", "c"]
    calls = [name for name, _ in faults.log if name in ("fsync", "rename")]
    assert calls == ["fsync"] * 3 + ["rename"] * 3 + ["fsync"]


def test_one_that_cannot_be_written_leaves_no_temporary(work):
    with pytest.raises(DiskError, match="none"):
        write_each_atomic([(work / "a", b"1"), (work / "none" / "b", b"2")])
    assert os.listdir(work.root) == []


def test_no_directory(work):
    with pytest.raises(DiskError) as caught:
        write_atomic(work / "no" / "a", b"")
    assert caught.value.errno == errno.ENOENT


def test_short_writes_are_continued(work, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    descriptor = os.open(work / "a", os.O_WRONLY | os.O_CREAT)
    write_all(descriptor, b"0123456789")
    os.close(descriptor)
    assert (work / "a").read_bytes() == b"0123456789"


def test_make_directories_flushes_each_new_name(work, faults):
    make_directories(work / "a" / "b" / "c")
    assert (work / "a" / "b" / "c").is_dir()
    assert [place for name, place in faults.log if name == "fsync"] == [
        str(work.root),
        str(work / "a"),
        str(work / "a" / "b"),
    ]
    faults.log.clear()
    make_directories(work / "a" / "b")
    make_directories(work / "x" / "y", durable=False)
    assert (work / "x" / "y").is_dir()
    assert "fsync" not in [name for name, _ in faults.log]


def test_make_directories_where_a_file_is(work):
    work.write("f")
    with pytest.raises(DiskError) as caught:
        make_directories(work / "f" / "d")
    assert caught.value.errno in (errno.EEXIST, errno.ENOTDIR)


def test_make_directory(work):
    assert make_directory(str(work / "d"))
    assert not make_directory(str(work / "d"))
    work.link("l", "d")
    work.write("f")
    for name in ("l", "f"):
        with pytest.raises(NotADirectoryError):
            make_directory(str(work / name))
