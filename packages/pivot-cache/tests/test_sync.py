"""Flushes of several files: each is flushed once, from a few threads, and no error is lost."""

import errno
import os
import threading

import pytest

from pivot_cache import sync


@pytest.fixture
def opened(work):
    descriptors = [os.open(work.write(str(number)), os.O_WRONLY) for number in range(20)]
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_each_is_flushed_once_from_a_few_threads(opened, monkeypatch):
    flushed, threads = [], set()

    def fsync(descriptor):
        flushed.append(descriptor)
        threads.add(threading.current_thread())

    monkeypatch.setattr(os, "fsync", fsync)
    sync.sync_all(opened)
    assert sorted(flushed) == sorted(opened)
    assert len(threads) <= sync.AT_ONCE and threading.current_thread() not in threads


def test_one_needs_no_thread(opened, monkeypatch):
    monkeypatch.setattr(threading, "Thread", None)
    sync.sync_all(opened[:1])
    sync.sync_all([])


def test_something_else_is_done_meanwhile(opened, monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: done.wait(5))
    for some in (opened, opened[:1]):
        done.clear()
        sync.sync_all(some, done.set)
        assert done.is_set()


def test_one_that_fails_keeps_none_of_the_others(opened, monkeypatch):
    flushed = []

    def fsync(descriptor):
        flushed.append(descriptor)
        if descriptor == opened[3]:
            raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="no"):
        sync.sync_all(opened)
    assert len(flushed) == len(opened)


def test_directories(work, faults):
    places = [work / "a", work / "b"]
    for place in places:
        place.mkdir()
    sync.sync_directories([str(place) for place in places])
    assert sorted(call for call in faults.log if call[0] == "fsync") == [("fsync", str(place)) for place in places]
    with pytest.raises(FileNotFoundError):
        sync.sync_directories([str(places[0]), str(work / "none")])
