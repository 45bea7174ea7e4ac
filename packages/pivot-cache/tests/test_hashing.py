"""Hashing gives BLAKE3 for every size, way and disturbance."""

import errno
import os
import socket

import pytest
from blake3 import blake3

from pivot_cache import SourceChanged, SourceMissing, SourceUnreadable, UnsupportedFile, hash_bytes, hash_file, hashing
from pivot_cache.hashing import LARGE

SIZES = [0, 1, 64, 1024, 1025, 65536, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 77]


def content(size):
    return (b"0123456789abcdef-" * (size // 17 + 1))[:size]


def test_known_digest():
    assert hash_bytes(b"") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


@pytest.mark.parametrize("size", SIZES)
def test_file_of_any_size(work, size):
    path = work.write("a", content(size))
    expected = blake3(content(size)).hexdigest()
    assert hash_file(path) == hash_file(str(path)) == hash_bytes(content(size)) == expected


def test_a_file_that_grows_as_fast_as_it_is_read_has_an_end(work, monkeypatch):
    path = work.write("a", content(LARGE))
    preadv = os.preadv

    def read(descriptor, buffers, offset):
        with open(path, "ab") as file:
            file.write(content(hashing.PIECE))
        return preadv(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", read)
    with open(path, "r+b"), pytest.raises(SourceChanged):
        hash_file(path)


@pytest.fixture
def disturb(monkeypatch):
    """Run something each time that the bytes of a file are read."""

    def start(change):
        pread, large = os.pread, hashing._hash_large

        def read(descriptor, *rest):
            change()
            return pread(descriptor, *rest)

        def hash_large(*arguments):
            digest = large(*arguments)
            change()  # after the lease: while it is held, a change waits
            return digest

        monkeypatch.setattr(os, "pread", read)
        monkeypatch.setattr(hashing, "_hash_large", hash_large)

    return start


@pytest.mark.parametrize("size", [100, LARGE])
def test_file_that_changes_once_is_hashed_again(work, disturb, size):
    path = work.write("a", content(size))
    writes = [b"!"]

    def append():
        if writes:
            with open(path, "ab") as file:
                file.write(writes.pop())

    disturb(append)
    assert hash_file(path) == hash_bytes(content(size) + b"!")


@pytest.mark.parametrize("size", [100, 2 * LARGE])
@pytest.mark.parametrize("step", [7, -7])
def test_file_that_never_stands_still_is_an_error(work, disturb, size, step):
    path = work.write("a", content(size))
    disturb(lambda: os.truncate(path, os.stat(path).st_size + step))
    with pytest.raises(SourceChanged) as caught:
        hash_file(path)
    assert caught.value.path == str(path)


def test_link_is_followed_only_if_wanted(work):
    work.write("a", b"x")
    link = work.link("l", "a")
    assert hash_file(link) == hash_bytes(b"x")
    with pytest.raises(SourceUnreadable) as caught:
        hash_file(link, follow=False)
    assert caught.value.errno == errno.ELOOP


def test_what_is_no_file(work):
    os.mkfifo(work / "pipe")
    with pytest.raises(UnsupportedFile, match="named pipe"):
        hash_file(work / "pipe")  # a blocking open would hang here
    with pytest.raises(UnsupportedFile, match="directory"):
        hash_file(work.root)
    with pytest.raises(UnsupportedFile, match="device"):
        hash_file("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(".", os.O_RDONLY)
        os.chdir(work.root)  # a socket's path must be short
        try:
            server.bind("socket")
        finally:
            os.fchdir(here)
            os.close(here)
    with pytest.raises(UnsupportedFile, match="socket"):
        hash_file(work / "socket")


def test_what_is_not_there(work):
    for path in (work / "no", work.write("file") / "below"):
        with pytest.raises(SourceMissing) as caught:
            hash_file(path)
        assert caught.value.path == str(path)


def test_what_cannot_be_read(work, monkeypatch):
    path = work.write("a", b"x")

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceUnreadable) as caught:
        hash_file(path)
    assert (caught.value.path, caught.value.errno) == (str(path), errno.EACCES)


def test_no_descriptor_is_left_open(work):
    path = work.write("a", content(LARGE))
    before = len(os.listdir("/proc/self/fd"))
    hash_file(path)
    with pytest.raises(UnsupportedFile):
        hash_file(work.root)
    assert len(os.listdir("/proc/self/fd")) <= before  # what others left may go meanwhile
