"""Objects in a directory that others can write to: nothing is believed, nothing blocks, nothing is followed."""

import errno
import os
import stat

import pytest

from pivot_cache import (
    Content,
    DiskError,
    InvalidTree,
    ObjectCorrupt,
    ObjectMissing,
    State,
    TreeEntry,
    hash_bytes,
    tree_bytes,
)
from pivot_cache import objects as module
from pivot_cache.hashing import LARGE
from pivot_cache.layout import Layout
from pivot_cache.memo import Memo
from pivot_cache.objects import Objects
from pivot_cache.publish import Batch
from pivot_cache.stamp import clock

LARGE_DATA = b"0123456789abcdef" * (LARGE // 16 + 1)


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "cache", durable=False)
    yield layout
    layout.close()


@pytest.fixture
def objects(layout):
    return Objects(layout, Memo(None, "object"), clock)


def keep(layout, data):
    with Batch(layout) as batch:
        batch.add_bytes(hash_bytes(data), data)
        (oid,) = batch.publish()
    return oid


def damage(layout, oid, data):
    """Write other bytes into the file of an object, as somebody with the right to could."""
    path = layout.object_path(oid)
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.write(data)
    os.chmod(path, 0o444)


def quarantined(layout):
    return sorted(os.listdir(layout.quarantine)) if os.path.isdir(layout.quarantine) else []


@pytest.mark.parametrize("data", [b"", b"x", LARGE_DATA[:LARGE], LARGE_DATA])
def test_read_and_verify(layout, objects, data):
    oid = keep(layout, data)
    assert objects.read(oid) == data
    assert objects.verify(oid)
    assert objects.is_good(oid, len(data))
    assert objects.status(oid).st_size == len(data)


def test_missing(objects):
    oid = hash_bytes(b"x")
    assert objects.status(oid) is None
    assert not objects.is_good(oid, 1)
    for question in (objects.read, objects.open, objects.verify, objects.tree):
        with pytest.raises(ObjectMissing):
            question(oid)


@pytest.mark.parametrize("data", [b"x", LARGE_DATA])
def test_damage_is_found_and_set_aside(layout, objects, data):
    oid = keep(layout, data)
    damage(layout, oid, b"!")
    assert not objects.verify(oid)
    assert objects.status(oid) is not None  # verify moves nothing
    with pytest.raises(ObjectCorrupt) as caught:
        objects.read(oid)
    assert caught.value.id == oid
    assert objects.status(oid) is None
    assert [os.path.join(layout.quarantine, name) for name in quarantined(layout)] == [caught.value.quarantined]
    with open(caught.value.quarantined, "rb") as file:
        assert file.read(1) == b"!"  # nothing is deleted


def test_read_of_a_size_that_the_object_does_not_have(layout, objects):
    oid = keep(layout, b"12345")
    assert objects.read(oid, 5) == b"12345"
    for size in (0, 4, 6):
        with pytest.raises(InvalidTree):
            objects.read(oid, size)
    assert objects.verify(oid)
    damage(layout, oid, b"!")
    with pytest.raises(ObjectCorrupt):
        objects.read(oid, 4)


def test_a_huge_hole_is_not_read_into_memory(layout, objects, monkeypatch):
    oid = keep(layout, b"x")
    os.chmod(layout.object_path(oid), 0o644)
    os.truncate(layout.object_path(oid), 1 << 40)
    monkeypatch.setattr(module, "hash_descriptor", lambda descriptor, path: (hash_bytes(b""), os.fstat(descriptor)))
    for question in (objects.read, objects.tree):
        with pytest.raises((ObjectCorrupt, ObjectMissing)):
            question(oid)


def test_two_bad_objects_of_one_name_are_both_kept(layout, objects):
    for text in (b"1", b"2"):
        oid = keep(layout, b"x")
        damage(layout, oid, text)
        with pytest.raises(ObjectCorrupt):
            objects.read(oid)
    assert len(quarantined(layout)) == 2


@pytest.mark.parametrize("data", [b"", b"xy", b"y"])
def test_object_of_another_length_or_text_is_not_good(layout, objects, data):
    oid = keep(layout, b"x")
    os.unlink(layout.object_path(oid))
    with open(layout.object_path(oid), "wb") as file:
        file.write(data)
    assert not objects.is_good(oid, 1)


def test_writable_object_is_made_read_only(layout, objects):
    oid = keep(layout, b"x")
    os.chmod(layout.object_path(oid), 0o666)
    assert objects.is_good(oid, 1)
    assert stat.S_IMODE(os.stat(layout.object_path(oid)).st_mode) == 0o444


def plant_link(path, elsewhere):
    os.symlink(elsewhere, path)


def plant_fifo(path, elsewhere):
    os.mkfifo(path)


def plant_directory(path, elsewhere):
    os.mkdir(path)


def plant_device(path, elsewhere):
    os.mknod(path, 0o666 | stat.S_IFCHR, os.stat("/dev/zero").st_rdev)


def plant_socket(path, elsewhere):
    os.mknod(path, 0o666 | stat.S_IFSOCK)


@pytest.mark.parametrize("size", [None, 6])
@pytest.mark.parametrize("plant", [plant_link, plant_fifo, plant_directory, plant_socket, plant_device])
def test_what_another_account_may_plant(layout, objects, tmp_path, plant, size):
    oid = keep(layout, b"secret")
    path = layout.object_path(oid)
    os.rename(path, tmp_path / "elsewhere")  # even where the bytes would match
    try:
        plant(path, tmp_path / "elsewhere")
    except PermissionError:
        pytest.skip("only root makes devices")
    assert objects.status(oid) is None
    assert not objects.verify(oid)
    assert not objects.is_good(oid, 6)
    with pytest.raises(ObjectCorrupt):
        objects.read(oid, size)
    assert not os.path.lexists(path)
    assert len(quarantined(layout)) == 1


def test_object_that_cannot_be_moved_stays_and_is_named(layout, objects, monkeypatch):
    oid = keep(layout, b"x")
    damage(layout, oid, b"y")

    def refuse(*arguments):
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(ObjectCorrupt) as caught:
        objects.read(oid)
    assert caught.value.quarantined is None
    assert objects.status(oid) is not None


def test_what_the_disk_refuses(layout, objects, monkeypatch):
    oid = keep(layout, b"x")

    def refuse(*arguments, **options):
        raise OSError(errno.EIO, "fault")

    monkeypatch.setattr(os, "lstat", refuse)
    with pytest.raises(DiskError) as caught:
        objects.status(oid)
    assert caught.value.errno == errno.EIO
    monkeypatch.undo()
    monkeypatch.setattr(os, "read", refuse)
    with pytest.raises(DiskError):
        objects.read(oid)


# Marks ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch):
    """The objects that were hashed."""
    paths = []
    hash_descriptor = module.hash_descriptor

    def note(descriptor, path):
        paths.append(path)
        return hash_descriptor(descriptor, path)

    monkeypatch.setattr(module, "hash_descriptor", note)
    return paths


def test_a_settled_object_is_hashed_once(layout, tmp_path, later, hashed):
    oid = keep(layout, b"x")
    for _ in range(3):
        with State(tmp_path / "s") as state:
            assert Objects(layout, Memo(state, "object"), later).is_good(oid, 1)
    assert len(hashed) == 1


def test_a_new_object_is_hashed_again(layout, state, hashed):
    oid = keep(layout, b"x")
    objects = Objects(layout, Memo(state, "object"), clock)
    assert objects.is_good(oid, 1)
    assert objects.is_good(oid, 1)
    assert len(hashed) == 2


def test_an_edit_in_place_undoes_the_mark(layout, state, later):
    oid = keep(layout, b"x")
    objects = Objects(layout, Memo(state, "object"), later)
    assert objects.is_good(oid, 1)
    assert objects.is_marked(oid, objects.status(oid))
    path = layout.object_path(oid)
    status = os.stat(path)
    damage(layout, oid, b"y")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 1))
    assert not objects.is_marked(oid, objects.status(oid))
    assert not objects.is_good(oid, 1)


def test_a_damaged_object_bears_no_mark(layout, state, later):
    oid = keep(layout, b"x")
    damage(layout, oid, b"y")
    objects = Objects(layout, Memo(state, "object"), later)
    assert not objects.verify(oid)
    assert not objects.is_marked(oid, objects.status(oid))


# Trees ----------------------------------------------------------------------------------------------------------------


def test_tree(layout, objects):
    entries = (TreeEntry("a", "file", hash_bytes(b"x"), 1),)
    assert objects.tree(keep(layout, tree_bytes(entries))) == entries
    other = keep(layout, b"no tree")
    with pytest.raises(InvalidTree) as caught:
        objects.tree(other)
    assert caught.value.id == other
    assert objects.status(other) is not None  # its bytes are right


def test_absent(layout, objects):
    file, link = hash_bytes(b"file"), hash_bytes(b"target")
    below = tree_bytes([TreeEntry("f", "file", file, 4), TreeEntry("l", "link", link, 6)])
    top = tree_bytes([TreeEntry(name, "directory", hash_bytes(below), 4) for name in "ab"])
    content = Content("directory", hash_bytes(top), 8)
    assert objects.absent(content) == {hash_bytes(top)}
    keep(layout, top)
    assert objects.absent(content) == {hash_bytes(below)}
    keep(layout, below)
    assert objects.absent(content) == {file, link}
    keep(layout, b"file")
    assert objects.absent(content) == {link}
    keep(layout, b"target")
    assert objects.absent(content) == set()
    assert objects.absent(Content("file", file, 4)) == set()
    assert objects.absent(Content("file", hash_bytes(b"no"), 4)) == {hash_bytes(b"no")}


def test_a_damaged_tree_is_absent(layout, objects):
    oid = keep(layout, tree_bytes([]))
    damage(layout, oid, b"!")
    assert objects.absent(Content("directory", oid, 0)) == {oid}


def test_a_small_tree_that_names_itself_often_is_looked_at_once(layout, objects):
    oid = keep(layout, tree_bytes([]))
    for _ in range(60):  # 2 ** 60 paths
        oid = keep(layout, tree_bytes([TreeEntry(name, "directory", oid, 0) for name in "ab"]))
    assert objects.absent(Content("directory", oid, 0)) == set()


def test_more_objects_than_any_directory_has(layout, objects, monkeypatch):
    monkeypatch.setattr(module, "ENTRY_LIMIT", 10)
    oid = keep(layout, tree_bytes([TreeEntry(f"{n}", "file", hash_bytes(b"%d" % n), 1) for n in range(11)]))
    with pytest.raises(InvalidTree):
        objects.absent(Content("directory", oid, 11))


def test_remove(layout, objects):
    oid = keep(layout, b"x")
    objects.remove(oid)
    objects.remove(oid)
    assert objects.status(oid) is None


def test_clones_are_tried_once_a_device(objects):
    assert objects.may_clone(1)
    objects.cannot_clone(1)
    assert not objects.may_clone(1)
    assert objects.may_clone(2)
