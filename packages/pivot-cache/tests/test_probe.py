"""What a file system can do, on the one that the tests have and on poorer ones."""

import errno
import fcntl
import os

import pytest

from pivot_cache import DiskError, probe
from pivot_cache.probe import probe as ask


@pytest.fixture
def places(tmp_path):
    for name in ("cache", "work"):
        (tmp_path / name).mkdir()
    return str(tmp_path / "cache"), str(tmp_path / "work")


def test_an_ordinary_file_system(places):
    can = ask(*places)
    assert (can.same, can.hardlink, can.flock) == (True, True, True)
    assert can.tick <= 1e-6
    assert abs(can.ahead) < 60
    assert [os.listdir(place) for place in places] == [[], []]


def refuse(*_args, **_options):
    raise OSError(errno.EXDEV, "Invalid cross-device link")


@pytest.mark.parametrize(("call", "field"), [("rename", "same"), ("link", "hardlink")])
def test_two_file_systems(places, monkeypatch, call, field):
    monkeypatch.setattr(os, call, refuse)
    assert not getattr(ask(*places), field)
    assert [os.listdir(place) for place in places] == [[], []]


def test_reflinks(places, monkeypatch):
    for works in (True, False):
        monkeypatch.setattr(probe, "clone", lambda source, target, works=works: works)
        assert ask(*places).reflink == works


def test_locks_that_lock_nothing(places, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", lambda descriptor, kind: None)
    assert not ask(*places).flock
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not ask(*places).flock


def test_coarse_times(places, monkeypatch):
    utime = os.utime
    monkeypatch.setattr(os, "utime", lambda file, ns: utime(file, ns=(1, ns[1] // 10**9 * 10**9)))
    assert ask(*places).tick == 1
    monkeypatch.setattr(os, "utime", lambda file, ns: utime(file, ns=(1, ns[1] // 10**3 * 10**3)))
    assert ask(*places).tick == 1e-6


def test_where_nothing_can_be_written(tmp_path, places):
    with pytest.raises(DiskError):
        ask(str(tmp_path / "nowhere"), places[1])
    with pytest.raises(DiskError):
        ask(places[0], str(tmp_path / "nowhere"))
    assert os.listdir(places[0]) == []
