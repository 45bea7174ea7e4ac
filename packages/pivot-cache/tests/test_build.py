"""What is built comes verified out of the store, stays inside its directory, and has an end."""

import errno
import os
import stat

import pytest

from pivot_cache import (
    Content,
    DiskError,
    InvalidTree,
    ObjectCorrupt,
    ObjectId,
    ObjectMissing,
    Scan,
    State,
    TreeEntry,
    bulk,
    hash_bytes,
    tree_bytes,
)
from pivot_cache import build as module
from pivot_cache.build import Build
from pivot_cache.enclosure import Enclosure
from pivot_cache.hashing import LARGE
from pivot_cache.layout import Layout
from pivot_cache.memo import Memo
from pivot_cache.objects import Objects
from pivot_cache.publish import Batch

LARGE_DATA = b"0123456789abcdef" * (LARGE // 16 + 1)
MODES = ["reflink", "copy", "hardlink", "symlink"]


@pytest.fixture
def objects(tmp_path, later):
    layout = Layout(tmp_path / "cache", durable=False)
    with State(tmp_path / "marks") as state:
        yield Objects(layout, Memo(state, "object"), later)
    layout.close()


@pytest.fixture
def keep(objects):
    def keep(data):
        with Batch(objects.layout) as batch:
            batch.add_bytes(hash_bytes(data), data)
            batch.publish()
        return hash_bytes(data)

    return keep


@pytest.fixture
def directory(keep):
    """Keep a tree, whatever it says, and return it as a content."""

    def keep_tree(*entries):
        size = sum(entry.size for entry in entries if entry.kind != "link")
        return Content("directory", keep(tree_bytes(entries)), size)

    return keep_tree


@pytest.fixture
def make(objects, tmp_path):
    """Build a content and return where it is."""

    def make(content, mode="copy", depth=0):
        path = tmp_path / "built"
        with Enclosure(tmp_path) as inside:
            Build(objects, mode).make(content, inside.spot(str(path)), depth)
        return path

    return make


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["file", "executable"])
@pytest.mark.parametrize("data", [b"", b"x", LARGE_DATA[:LARGE], LARGE_DATA])
def test_file(keep, make, objects, mode, kind, data):
    old = os.umask(0o027)
    try:
        path = make(Content(kind, keep(data), len(data)), mode)
    finally:
        os.umask(old)
    assert path.read_bytes() == data
    assert path.is_symlink() == (mode == "symlink" and kind == "file")
    same = path.samefile(objects.layout.object_path(hash_bytes(data)))
    assert same == (mode in ("hardlink", "symlink") and kind == "file")
    if not same:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if kind == "executable" else 0o640)


@pytest.mark.parametrize("mode", MODES)
def test_directory(keep, make, directory, look, mode):
    below = directory(
        TreeEntry("l", "link", keep(b"../f"), 4),
        TreeEntry("run", "executable", keep(b"#!"), 2),
        TreeEntry("x", "file", keep(b""), 0),
    )
    content = directory(
        TreeEntry("empty", "directory", directory().digest, 0),
        TreeEntry("f", "file", keep(b"1"), 1),
        TreeEntry("sub", "directory", below.digest, below.size),
    )
    path = make(content, mode)
    assert Scan().content(path) == content
    if mode in ("copy", "reflink"):
        assert look(path) == {
            b"": ("directory", b""),
            b"empty": ("directory", b""),
            b"f": ("file", b"1"),
            b"sub": ("directory", b""),
            b"sub/l": ("link", b"../f"),
            b"sub/run": ("executable", b"#!"),
            b"sub/x": ("file", b""),
        }


# Bytes that are wrong -------------------------------------------------------------------------------------------------


def damage(objects, oid, data=b"!"):
    path = objects.layout.object_path(oid)
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.write(data)
    os.chmod(path, 0o444)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data", [b"x", LARGE_DATA])
@pytest.mark.parametrize("marked", [True, False])
def test_a_damaged_object_is_set_aside(keep, make, objects, mode, data, marked):
    oid = keep(data)
    if marked:
        assert objects.verify(oid)
    damage(objects, oid)
    with pytest.raises(ObjectCorrupt) as caught:
        make(Content("file", oid, len(data)), mode)
    assert caught.value.id == oid
    assert os.path.exists(caught.value.quarantined)
    assert objects.status(oid) is None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data", [b"x", LARGE_DATA])
@pytest.mark.parametrize("length", [0, 7])
def test_an_object_of_another_length_is_set_aside(keep, make, objects, mode, data, length):
    oid = keep(data)
    os.chmod(objects.layout.object_path(oid), 0o644)
    os.truncate(objects.layout.object_path(oid), length)
    with pytest.raises(ObjectCorrupt):
        make(Content("file", oid, len(data)), mode)
    assert objects.status(oid) is None


def test_an_object_that_grows_while_it_is_copied_is_set_aside(keep, make, objects, monkeypatch):
    oid = keep(LARGE_DATA)
    path = objects.layout.object_path(oid)
    copy = bulk.copy_hashed

    def grow(source, target, size):
        os.chmod(path, 0o644)
        with open(path, "ab") as file:
            file.write(b"more")
        return copy(source, target, size)

    monkeypatch.setattr(bulk, "copy_hashed", grow)
    with pytest.raises(ObjectCorrupt):
        make(Content("file", oid, len(LARGE_DATA)))


def test_a_clone_is_hashed_unless_the_object_bears_a_mark(keep, make, objects, monkeypatch, tmp_path):
    """Where blocks are shared nothing is read, so the object's own bytes have to be known."""

    def clone(source, target):
        os.write(target, os.pread(source, 2 * len(LARGE_DATA), 0))
        return True

    verified = []
    verify = objects.verify
    monkeypatch.setattr(bulk, "clone", clone)
    monkeypatch.setattr(objects, "verify", lambda oid: verified.append(oid) or verify(oid))
    content = Content("file", keep(LARGE_DATA), len(LARGE_DATA))
    for _ in range(2):
        make(content, "reflink").unlink()
    assert verified == [content.digest]
    damage(objects, content.digest)
    with pytest.raises(ObjectCorrupt):
        make(content, "reflink")


@pytest.mark.parametrize("mode", MODES)
def test_missing(make, mode):
    with pytest.raises(ObjectMissing):
        make(Content("file", hash_bytes(b"no"), 2), mode)
    with pytest.raises(ObjectMissing):
        make(Content("directory", hash_bytes(b"no"), 2), mode)


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_an_object_that_can_be_written_is_protected_before_it_is_linked(keep, make, objects, mode):
    oid = keep(b"x")
    os.chmod(objects.layout.object_path(oid), 0o666)
    assert stat.S_IMODE(make(Content("file", oid, 1), mode).stat().st_mode) == 0o444


def test_no_hard_link_can_be_made(keep, make, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(errno.EMLINK, "too many links")

    monkeypatch.setattr(os, "link", refuse)
    path = make(Content("file", keep(b"x"), 1), "hardlink")
    assert path.read_bytes() == b"x"
    assert path.stat().st_nlink == 1


# Trees that are hostile -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../x", "a/../../x", "", "a\0b", "x" * 5000])
def test_a_link_that_leaves(keep, make, directory, target, tmp_path):
    content = directory(TreeEntry("l", "link", keep(target.encode()), len(target)))
    with pytest.raises(InvalidTree):
        make(content)
    assert not os.path.lexists(tmp_path / "built" / "l")


def test_a_link_climbs_no_higher_than_its_depth(keep, make, directory):
    for target, good in (("../../f", True), ("../../../f", False)):
        below = directory(TreeEntry("l", "link", keep(target.encode()), len(target)))
        for name in "ab":
            below = directory(TreeEntry(name, "directory", below.digest, below.size))
        if good:
            path = make(below)
            assert os.readlink(path / "b/a/l") == target
            os.rename(path, path.with_name("moved"))
        else:
            with pytest.raises(InvalidTree):
                make(below)


def test_a_link_at_the_top_may_not_climb(keep, make):
    assert os.readlink(make(Content("link", keep(b"f"), 1))) == "f"
    with pytest.raises(InvalidTree):
        make(Content("link", keep(b"../f"), 4))


def test_two_names_that_a_file_system_takes_for_one(keep, make, directory, tmp_path, monkeypatch):
    """Where case does not matter, a tree could write through a link of its own; but what is there is never entered."""
    mkdir = os.mkdir
    monkeypatch.setattr(os, "mkdir", lambda path, *rest, **named: mkdir("A" if path == "a" else path, *rest, **named))
    below = directory(TreeEntry("evil", "file", keep(b"x"), 1))
    content = directory(TreeEntry("A", "link", keep(b"b"), 1), TreeEntry("a", "directory", below.digest, 1))
    with pytest.raises(DiskError) as caught:
        make(content)
    assert caught.value.errno == errno.EEXIST
    assert os.listdir(tmp_path / "built") == ["A"]


def test_nothing_is_written_through_what_is_there(keep, make, tmp_path):
    (tmp_path / "victim").write_text("keep")
    (tmp_path / "built").symlink_to("victim")
    with pytest.raises(DiskError):
        make(Content("file", keep(b"x"), 1))
    assert (tmp_path / "victim").read_text() == "keep"


@pytest.mark.parametrize("size", [0, 2, 2**62])
@pytest.mark.parametrize("mode", MODES)
def test_a_size_that_is_not_that_of_the_object(keep, make, directory, objects, size, mode):
    oid = keep(b"x")
    with pytest.raises(InvalidTree):
        make(directory(TreeEntry("f", "file", oid, size)), mode)
    assert objects.status(oid) is not None  # the tree lies, not the object


def test_a_directory_whose_size_is_not_that_of_its_files(keep, make):
    tree = keep(tree_bytes([TreeEntry("f", "file", keep(b"x"), 1)]))
    with pytest.raises(InvalidTree):
        make(Content("directory", tree, 2))


def test_bytes_that_are_no_tree(keep, make):
    with pytest.raises(InvalidTree):
        make(Content("directory", keep(b"no tree"), 0))


def test_a_small_tree_that_unfolds_without_end(make, directory, monkeypatch):
    monkeypatch.setattr(module, "ENTRY_LIMIT", 100)
    content = directory()
    for _ in range(40):  # 2 ** 40 directories
        content = directory(*(TreeEntry(name, "directory", content.digest, 0) for name in "ab"))
    with pytest.raises(InvalidTree, match="100 entries"):
        make(content)


def test_too_deep(make, directory, monkeypatch):
    monkeypatch.setattr(module, "DEPTH_LIMIT", 5)
    content = directory()
    for _ in range(6):
        content = directory(TreeEntry("d", "directory", content.digest, 0))
    with pytest.raises(InvalidTree, match="deep"):
        make(content)


def test_name_of_an_object_in_a_tree_is_no_path(make, directory):
    with pytest.raises(InvalidTree):
        directory(TreeEntry("f", "file", ObjectId("../../../../etc/passwd"), 1))
