"""The local cache as a store: whole and in use by several."""

import errno
import os
import time
from io import BytesIO

import pytest

from pivot_cache import DiskError, FormatTooNew, LocalStore, ObjectCorrupt, ObjectMissing, State, flush, hash_bytes
from pivot_cache.conformance import CHECKS
from pivot_cache.registry import Registry


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


def test_what_is_held_is_not_removed_until_it_is_let_go(tmp_path):
    writer, collector = LocalStore(tmp_path / "cache"), LocalStore(tmp_path / "cache")
    assert not collector.lock().held
    writer.save(tmp_path_file(tmp_path))
    lock = collector.lock()
    assert not lock.try_lock()
    writer.close()
    assert lock.try_lock()
    assert not writer.hold(wait=False)
    lock.unlock()
    assert writer.hold(wait=False)
    writer.close()


def tmp_path_file(directory):
    path = directory / "file"
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("step", ["add", "add_bytes", "save", "restore"])
def test_every_way_in_and_out_holds_the_store(tmp_path, step):
    store = LocalStore(tmp_path / "cache")
    content = store.save(tmp_path_file(tmp_path))
    store.close()
    match step:
        case "add":
            store.add(hash_bytes(b"y"), BytesIO(b"y"))
        case "add_bytes":
            store.add_bytes(b"x")
        case "save":
            store.save(tmp_path / "file")
        case "restore":
            store.restore(content, tmp_path / "other")
    assert not LocalStore(tmp_path / "cache").lock().try_lock()
    store.close()


def test_a_cache_that_can_only_be_read_needs_no_lock(tmp_path, monkeypatch):
    store = LocalStore(tmp_path / "cache")
    content = store.save(tmp_path_file(tmp_path))
    store.close()

    def refuse(lock, exclusive=True):
        raise DiskError("lock", lock.path, errno.EROFS)

    monkeypatch.setattr("pivot_cache.locks.FileLock.try_lock", refuse)
    assert store.hold()
    store.restore(content, tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == b"x"


def test_a_lock_that_fails_otherwise_is_said(tmp_path, monkeypatch):
    def refuse(lock, exclusive=True):
        raise DiskError("lock", lock.path, errno.ENOLCK)

    monkeypatch.setattr("pivot_cache.locks.FileLock.try_lock", refuse)
    with pytest.raises(DiskError):
        LocalStore(tmp_path / "cache").add_bytes(b"x")


def test_peeking_moves_nothing(store):
    oid = store.add_bytes(b"some bytes")
    assert store.peek(oid) == store.peek(oid, b"some") == b"some bytes"
    assert store.peek(oid, b"other") is None
    assert store.peek(hash_bytes(b"")) is None
    os.chmod(store.path(oid), 0o644)
    with open(store.path(oid), "wb") as file:
        file.write(b"wrong")
    assert store.peek(oid) == b"wrong"
    os.unlink(store.path(oid))
    os.mkfifo(store.path(oid))
    assert store.peek(oid) is None
    os.unlink(store.path(oid))
    os.symlink("/etc/passwd", store.path(oid))
    assert store.peek(oid) is None
    assert os.path.islink(store.path(oid))


def test_doubt(tmp_path):
    state = State(tmp_path / "state.db")
    store = LocalStore(tmp_path / "cache", state=state, clock=lambda: time.time_ns() + 10**11)
    oid = store.add_bytes(b"x")
    path = store.path(oid)

    def doubtful():
        return store.is_doubtful(oid, os.lstat(path))

    assert not doubtful()  # it was never verified, but nothing speaks against it
    os.link(path, tmp_path / "linked")
    assert doubtful()
    assert store.verify(oid)
    assert not doubtful()
    os.chmod(path, 0o644)
    (tmp_path / "linked").write_bytes(b"y")
    os.chmod(path, 0o444)
    (tmp_path / "linked").unlink()
    assert doubtful()
    empty = store.add_bytes(b"")
    assert store.is_doubtful(empty, os.lstat(store.path(empty)))
    assert store.verify(empty) and not store.is_doubtful(empty, os.lstat(store.path(empty)))


def test_a_shared_cache_knows_its_users(tmp_path):
    store = LocalStore(tmp_path / "cache", user="/a/project")
    registry = Registry(store.layout)
    assert not store.has(hash_bytes(b"x"))
    assert registry.roots() == []
    store.add_bytes(b"x")
    assert registry.roots() == ["/a/project"]
    store.close()


def test_protection(store, monkeypatch):
    oid = store.add_bytes(b"x")
    assert not store.protect(hash_bytes(b"y"))
    os.chmod(store.path(oid), 0o666)
    with monkeypatch.context() as patch:
        patch.setattr(os, "chmod", refuse_mode)
        assert not store.protect(oid)
    assert store.protect(oid)


def refuse_mode(path, mode):
    raise PermissionError(errno.EPERM, "Operation not permitted", path)
