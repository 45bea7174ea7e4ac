"""The local cache as a store: whole and in use by several."""

import os
from io import BytesIO

import pytest

from pivot_cache import DiskError, FormatTooNew, LocalStore, ObjectCorrupt, ObjectMissing, flush, hash_bytes
from pivot_cache.conformance import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("durable", [True, False])
def test_conformance(tmp_path, check, durable):
    store = LocalStore(tmp_path / "cache", durable=durable)
    check(store)
    store.close()


def test_looking_makes_nothing(tmp_path):
    store = LocalStore(tmp_path / "cache")
    assert not store.has(hash_bytes(b"x"))
    assert list(store.ids()) == []
    assert store.runs.get(hash_bytes(b"x")) is None
    store.close()
    assert os.listdir(tmp_path) == []


def test_the_files_can_be_found_and_verified_by_others(store):
    oid = store.add_bytes(b"x")
    path = store.path(oid)
    assert path == os.path.join(store.root, "objects", oid[:2], oid[2:])
    with open(path, "rb") as file:
        assert hash_bytes(file.read()) == oid
    assert repr(store) == f"LocalStore({store.root!r})"


def test_damage(store):
    oid = store.add_bytes(b"x")
    os.chmod(store.path(oid), 0o644)
    with open(store.path(oid), "wb") as file:
        file.write(b"y")
    assert not store.verify(oid)
    with store.open(oid) as stream:
        assert stream.read() == b"y"  # whoever opens compares
    with pytest.raises(ObjectCorrupt):
        store.read(oid)
    with pytest.raises(ObjectMissing):
        store.read(oid)
    store.add(oid, BytesIO(b"x"))
    assert store.verify(oid)


@pytest.mark.parametrize("again", ["add", "add_bytes"])
def test_adding_again_repairs(store, again):
    oid = store.add_bytes(b"x")
    os.truncate(store.path(oid), 0)
    if again == "add":
        store.add(oid, BytesIO(b"x"))
    else:
        store.add_bytes(b"x")
    assert store.read(oid) == b"x"


def test_quarantine(store):
    oid = store.add_bytes(b"x")
    where = store.quarantine(oid)
    assert not store.has(oid)
    with open(where, "rb") as file:
        assert file.read() == b"x"
    assert store.quarantine(oid) is None


def test_remove(store):
    oid = store.add_bytes(b"x")
    store.remove(oid)
    assert not store.has(oid)
    store.remove(oid)


def test_newer_format(tmp_path):
    (tmp_path / "format").write_text("2\n")
    with pytest.raises(FormatTooNew):
        LocalStore(tmp_path)


def test_lock_is_shared_by_writers_and_exclusive_for_collectors(tmp_path):
    one, other = LocalStore(tmp_path / "cache").lock(), LocalStore(tmp_path / "cache").lock()
    assert one.try_lock(exclusive=False)
    assert other.try_lock(exclusive=False)
    assert not other.try_lock(exclusive=True)
    one.unlock()
    other.unlock()


def test_a_fault_while_a_stream_is_added(tmp_path, faults):
    for step in range(1, 100):
        store = LocalStore(tmp_path / str(step))
        faults.count, faults.fail_at = 0, step
        try:
            store.add(hash_bytes(b"x"), BytesIO(b"x"))
            break
        except DiskError:
            faults.fail_at = None
            assert not store.has(hash_bytes(b"x")) or store.verify(hash_bytes(b"x"))
            store.add(hash_bytes(b"x"), BytesIO(b"x"))
            assert store.read(hash_bytes(b"x")) == b"x"
            store.close()
    assert step > 8
    store.close()


def test_close_leaves_no_temporaries_and_the_store_goes_on(store):
    store.add_bytes(b"x")
    store.close()
    assert os.listdir(store.layout.temporaries) == []
    store.add_bytes(b"y")
    assert store.has(hash_bytes(b"y"))


@pytest.mark.parametrize("supported", [True, False])
def test_flush_what_was_kept_without(store, monkeypatch, supported):
    flushed = []
    monkeypatch.setattr(os, "sync", lambda: flushed.append("everything"))
    monkeypatch.setattr(flush, "flush_file_system", lambda path: flushed.append(path) or supported)
    store.flush()
    assert flushed == []  # nothing is there
    store.add_bytes(b"x")
    store.flush()
    assert flushed == ([store.root] if supported else [store.root, "everything"])
