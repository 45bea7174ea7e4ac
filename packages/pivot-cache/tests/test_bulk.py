"""A large copy is hashed as it is written, whatever way the system copies."""

import errno
import fcntl
import os

import pytest

from pivot_cache import bulk, hash_bytes
from pivot_cache.bulk import READ_WRITE_FLAGS, clone, copy_hashed

SIZES = [0, 1, bulk._STEP - 1, bulk._STEP, bulk._STEP + 1, 2 * bulk._STEP + 12345]


@pytest.fixture
def files(work):
    """Open a source of these bytes, and a target."""
    opened = []

    def start(data):
        source = os.open(work.write("source", data), os.O_RDONLY)
        target = os.open(work / "target", READ_WRITE_FLAGS, 0o600)
        opened.extend((source, target))
        return source, target

    yield start
    for descriptor in opened:
        os.close(descriptor)


def content(size):
    return (b"0123456789abcdef-" * (size // 17 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["kernel", "not supported", "answers nothing"])
def test_copy(work, files, monkeypatch, size, way):
    def refuse(*arguments):
        raise OSError(errno.EXDEV, "no")

    if way == "not supported":
        monkeypatch.setattr(os, "copy_file_range", refuse)
    if way == "answers nothing":
        monkeypatch.setattr(os, "copy_file_range", lambda *arguments: 0)
    data = content(size)
    assert copy_hashed(*files(data), size) == (hash_bytes(data), size)
    assert (work / "target").read_bytes() == data


@pytest.mark.parametrize("said", [0, 1, bulk._STEP, 5 * bulk._STEP])
def test_a_source_of_another_size_than_was_said(work, files, said):
    data = content(2 * bulk._STEP + 5)
    written = data[: said + 1]
    assert copy_hashed(*files(data), said) == (hash_bytes(written), len(written))
    assert (work / "target").read_bytes() == written


def test_short_copies(work, files, monkeypatch):
    copy = os.copy_file_range
    monkeypatch.setattr(os, "copy_file_range", lambda s, t, n, a, b: copy(s, t, 1_000_003, a, b))
    data = content(3_000_000)
    assert copy_hashed(*files(data), len(data)) == (hash_bytes(data), len(data))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_fault_comes_out(files, monkeypatch, number):
    calls = []

    def fail(*arguments):
        calls.append(arguments)
        raise OSError(number, "fault")

    monkeypatch.setattr(os, "copy_file_range", fail)
    with pytest.raises(OSError, match="fault") as caught:
        copy_hashed(*files(content(100)), 100)
    assert caught.value.errno == number
    assert len(calls) == 1


def test_what_is_hashed_is_what_was_written(work, files, monkeypatch):
    """A disk that writes other bytes than it was given is found out."""

    def corrupt(source, target, count, offset, _):
        data = os.pread(source, count, offset)
        return os.pwrite(target, data.replace(b"9", b"8"), offset)

    monkeypatch.setattr(os, "copy_file_range", corrupt)
    data = content(1000)
    digest, _ = copy_hashed(*files(data), 1000)
    assert digest == hash_bytes((work / "target").read_bytes()) != hash_bytes(data)


def test_clone_or_not(work, files):
    data = content(100_000)
    source, target = files(data)
    if clone(source, target):
        assert (work / "target").read_bytes() == data
    else:
        assert (work / "target").read_bytes() == b""


def test_clone_says_what_the_system_says(files, monkeypatch):
    monkeypatch.setattr(fcntl, "ioctl", lambda *arguments: 0)
    assert clone(*files(b""))
