"""A batch: flushed, then named, then the directories flushed; or nothing at all."""

import errno
import os
import stat

import pytest

from pivot_cache import DiskError, LocalStore, flush, hash_bytes
from pivot_cache.layout import Layout
from pivot_cache.publish import Batch

DATA = [b"%d" % number for number in range(3)]


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "cache", durable=True)
    yield layout
    layout.close()


@pytest.fixture
def fast(tmp_path):
    layout = Layout(tmp_path / "cache", durable=False)
    yield layout
    layout.close()


def fill(batch, data=DATA):
    for each in data:
        batch.add_bytes(hash_bytes(each), each)
    return [hash_bytes(each) for each in data]


def test_names_at_the_end(fast):
    with Batch(fast) as batch:
        names = fill(batch)
        assert all(name in batch for name in names)
        assert not any(os.path.exists(fast.object_path(name)) for name in names)
        assert batch.publish() == names
        assert batch.publish() == []
    for name, data in zip(names, DATA, strict=True):
        with open(fast.object_path(name), "rb") as file:
            assert file.read() == data
            assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o444


def test_bits_whatever_the_umask(fast):
    old = os.umask(0o077)
    try:
        with Batch(fast) as batch:
            (name,) = fill(batch, [b"x"])
            batch.publish()
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(fast.object_path(name)).st_mode) == 0o444


def test_one_object_twice_is_one_temporary(fast):
    with Batch(fast) as batch:
        fill(batch, [b"x", b"x"])
        path = fast.temporary()
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
        batch.add_temporary(hash_bytes(b"x"), path, descriptor)
        assert not os.path.exists(path)
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(descriptor)
        assert len(batch.publish()) == 1


def test_discard(layout):
    with Batch(layout) as batch:
        names = fill(batch)
    assert not any(os.path.exists(layout.object_path(name)) for name in names)
    assert [os.listdir(os.path.join(layout.temporaries, name)) for name in os.listdir(layout.temporaries)] == [[]]


def test_order(layout, faults):
    with Batch(layout) as batch:
        names = fill(batch)
        faults.log.clear()
        batch.publish()
    assert ("fsync", layout.objects) in faults.log  # its new names
    calls = [(name, place.removeprefix(layout.root + "/")) for name, place in faults.log]
    temporaries = [number for number, (name, place) in enumerate(calls) if name == "fsync" and place.startswith("tmp/")]
    renames = {place: number for number, (name, place) in enumerate(calls) if name == "rename"}
    assert set(renames) >= {f"objects/{name[:2]}/{name[2:]}" for name in names}
    assert len(temporaries) == len(names)
    assert max(temporaries) < min(renames.values())
    for place, number in renames.items():
        assert ("fsync", os.path.dirname(place)) in calls[number:]


def test_one_small_object_costs_two_flushes(layout, faults):
    first, second = [data for data in (b"%d" % each for each in range(5000)) if hash_bytes(data).startswith("f0")][:2]
    with Batch(layout) as batch:
        fill(batch, [first])
        batch.publish()
    faults.log.clear()
    with Batch(layout) as batch:
        fill(batch, [second])
        batch.publish()
    assert [name for name, _ in faults.log].count("fsync") == 2


def test_nothing_is_flushed_if_not_durable(fast, faults):
    with Batch(fast) as batch:
        fill(batch)
        batch.publish()
    assert "fsync" not in [name for name, _ in faults.log]


@pytest.mark.parametrize("supported", [True, False])
def test_many_are_flushed_by_one_call(layout, faults, monkeypatch, supported):
    calls = []

    def note(path):
        calls.append([place for name, place in faults.log if name == "rename" and "/objects/" in place])
        return supported

    monkeypatch.setattr(flush, "flush_file_system", note)
    layout.temporary()
    faults.log.clear()
    with Batch(layout) as batch:
        names = fill(batch, [b"%d" % number for number in range(400)])
        batch.publish()
    # The first call comes before any object has its name, the second when all have.
    assert [len(renamed) for renamed in calls] == [0, 400]
    flushed = [place.removeprefix(layout.root + "/") for name, place in faults.log if name == "fsync"]
    if supported:
        assert flushed == []
    else:
        assert len([place for place in flushed if place.startswith("tmp/")]) == 400
        assert {place for place in flushed if place.startswith("objects/")} == {f"objects/{name[:2]}" for name in names}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_fault_at_any_call(tmp_path, faults, number):
    """Sweep the fault over every call: each is one clear error, no object is wrong, and then all goes well."""
    faults.number = number
    for step in range(1, 1000):
        store = LocalStore(tmp_path / str(step))
        faults.count, faults.fail_at = 0, step
        problem = attempt(store)
        faults.fail_at = None
        assert all(store.verify(oid) for oid in store.ids())
        if problem is None:
            break
        assert problem.errno == number
        assert attempt(store) is None
        assert store.missing(map(hash_bytes, DATA)) == set()
        temporaries = tmp_path / str(step) / "tmp"
        assert [os.listdir(temporaries / name) for name in os.listdir(temporaries)] == [[]]
        store.close()
    assert step > len(DATA) * 4
    store.close()


def attempt(store):
    try:
        with Batch(store.layout) as batch:
            fill(batch)
            batch.publish()
    except DiskError as error:
        return error
    return None


def test_no_descriptor_is_left_open_by_a_fault(layout, faults):
    before = len(os.listdir("/proc/self/fd"))
    layout.temporary()
    faults.fail_at = faults.count + 6
    with pytest.raises(DiskError), Batch(layout) as batch:
        fill(batch)
        batch.publish()
    layout.close()
    assert len(os.listdir("/proc/self/fd")) <= before  # what others left may go meanwhile
