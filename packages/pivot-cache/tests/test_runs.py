"""Records by key: whole or a miss."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_cache import DiskError, InvalidName, Runs, hash_bytes
from pivot_cache import runs as module

KEY = hash_bytes(b"key")


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "cache", durable=False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache/runs" / KEY[:2] / KEY[2:]


def test_put_and_get(runs, path):
    assert runs.get(KEY) is None
    runs.put(KEY, b"one")
    assert runs.get(KEY) == b"one"
    runs.put(KEY, b"two\n\0")
    assert runs.get(KEY) == b"two\n\0"
    assert path.read_bytes() == b"pivot-run 1 " + hash_bytes(b"two\n\0").encode() + b"\ntwo\n\0"


def test_keys_and_remove(runs):
    other = hash_bytes(b"other")
    runs.put(KEY, b"")
    runs.put(other, b"")
    assert set(runs.keys()) == {KEY, other}
    runs.remove(KEY)
    runs.remove(KEY)
    assert list(runs.keys()) == [other]
    assert runs.get(KEY) is None


@pytest.mark.parametrize("key", ["", "../" + "a" * 61, "A" * 64])
def test_keys_are_no_paths(runs, key):
    for call in (lambda: runs.get(key), lambda: runs.put(key, b""), lambda: runs.remove(key)):
        with pytest.raises(InvalidName):
            call()


@given(st.data())
def test_any_damage_is_a_miss(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("runs")
    runs = Runs(root, durable=False)
    runs.put(KEY, b"a record")
    path = root / "runs" / KEY[:2] / KEY[2:]
    written = path.read_bytes()
    damaged = data.draw(
        st.one_of(
            st.binary(max_size=200),
            st.integers(0, len(written) - 1).map(lambda length: written[:length]),
            st.integers(0, len(written) - 1).map(
                lambda place: written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :]
            ),
            st.binary(min_size=1, max_size=5).map(lambda more: written + more),
        )
    )
    path.write_bytes(damaged)
    assert runs.get(KEY) is None


def test_what_another_may_plant_is_a_miss(runs, path, tmp_path):
    runs.put(KEY, b"x")
    path.rename(tmp_path / "elsewhere")
    os.mkfifo(path)
    assert runs.get(KEY) is None  # and does not block
    path.unlink()
    path.mkdir()
    assert runs.get(KEY) is None
    path.rmdir()
    path.symlink_to(tmp_path / "elsewhere")
    assert runs.get(KEY) is None


def test_too_large(runs, path, monkeypatch):
    monkeypatch.setattr(module, "SIZE_LIMIT", 10)
    runs.put(KEY, b"0123456789")
    assert runs.get(KEY) == b"0123456789"
    with pytest.raises(ValueError, match="at most 10"):
        runs.put(KEY, b"0123456789a")
    monkeypatch.setattr(module, "SIZE_LIMIT", 9)
    assert runs.get(KEY) is None


def test_a_record_arrives_whole_and_waits_for_no_disk(tmp_path, faults):
    runs = Runs(tmp_path / "cache")
    runs.put(KEY, b"x")
    faults.log.clear()
    runs.put(KEY, b"y")
    calls = [(name, place.startswith(str(tmp_path / "cache/tmp"))) for name, place in faults.log]
    assert calls == [("open", True), ("write", True), ("rename", False)]


def test_a_fault_at_any_call(tmp_path, faults):
    faults.number = errno.EIO
    runs = Runs(tmp_path / "cache")
    runs.put(KEY, b"old")
    for step in range(1, 100):
        faults.count, faults.fail_at = 0, step
        problem = attempt(runs)
        faults.fail_at = None
        assert runs.get(KEY) in (b"old", b"new")
        if problem is None:
            break
        assert problem.errno == errno.EIO
    assert step == 4


def attempt(runs):
    try:
        runs.put(KEY, b"new")
    except DiskError as error:
        return error
    return None


def test_a_record_is_set_aside(tmp_path):
    runs = Runs(tmp_path)
    assert runs.quarantine(KEY) is None
    runs.put(KEY, b"{}")
    moved = runs.quarantine(KEY)
    assert moved is not None and moved.endswith(".run")
    assert runs.get(KEY) is None
    assert os.path.dirname(moved) == str(tmp_path / "quarantine")
