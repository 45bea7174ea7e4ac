"""A restore puts back exactly what was saved, and takes nothing away that it was not told about."""

import errno
import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot_cache import (
    Content,
    DiskError,
    LocalStore,
    ObjectCorrupt,
    ObjectMissing,
    Occupied,
    Scan,
    SourceError,
    hash_bytes,
)
from pivot_cache.build import Build
from pivot_cache.hashing import LARGE
from pivot_cache.layout import Layout
from pivot_cache.leftovers import is_temporary

MODES = ["reflink", "copy", "hardlink", "symlink"]
LARGE_DATA = b"0123456789abcdef" * (LARGE // 16 + 1)


@pytest.fixture
def content(work, store):
    work.write("saved/a", "1")
    work.write("saved/run", "#!", mode=0o755)
    work.write("saved/sub/b", "2")
    work.link("saved/sub/up", "../a")
    (work / "saved/empty").mkdir()
    return store.save(work / "saved")


def temporaries(store, work):
    """What a restore left behind: in the store and in the workspace."""
    left = [file for directory in Path(store.layout.temporaries).iterdir() for file in directory.iterdir()]
    return left + [path for path in work.root.rglob("*") if is_temporary(path.name)]


# Where nothing is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_directory(work, store, content, look, mode):
    assert store.restore(content, work / "new/parent/d", mode=mode)
    assert Scan().content(work / "new/parent/d") == content
    if mode in ("copy", "reflink"):
        assert look(work / "new/parent/d") == look(work / "saved")
    assert temporaries(store, work) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data", [b"", b"x", LARGE_DATA])
def test_file(work, store, mode, data):
    content = store.save(work.write("saved", data))
    assert store.restore(content, work / "new", mode=mode)
    assert (work / "new").read_bytes() == data
    assert Scan().content(work / "new") == content
    assert temporaries(store, work) == []


def test_relative_path(work, store, content, monkeypatch):
    monkeypatch.chdir(work.root)
    store.restore(content, "new")
    assert Scan().content(work / "new") == content


@pytest.mark.parametrize("name", ["a b", "a\nb", "-rf", "n" * 255, os.fsdecode(b"\xff\xfe")])
def test_odd_names(work, store, look, name):
    work.write(f"saved/{name}/{name}", "1")
    store.restore(store.save(work / "saved"), work / name)
    assert look(work / name) == look(work / "saved")


# Where something is ---------------------------------------------------------------------------------------------------


def test_what_is_right_already_is_left_alone(work, store, content, faults):
    before = os.stat(work / "saved/a")
    faults.log.clear()
    assert not store.restore(content, work / "saved")
    assert not store.restore(Scan().content(work / "saved/a"), work / "saved/a", mode="hardlink")
    assert faults.log == []
    assert os.stat(work / "saved/a") == before


def test_a_file_takes_the_place_of_a_file(work, store):
    one, two = store.save(work.write("one", "1")), store.save(work.write("two", "2"))
    with open(work / "two") as reader:
        assert store.restore(one, work / "two")
        assert reader.read() == "2"  # replaced, not rewritten
    assert (work / "two").read_text() == "1"
    assert store.restore(two, work / "two", replace=one)
    assert (work / "two").read_text() == "2"


def test_a_file_that_is_not_what_was_said_stays(work, store):
    one, two = store.save(work.write("one", "1")), store.save(work.write("two", "2"))
    work.write("two", "edited")
    with pytest.raises(Occupied) as caught:
        store.restore(one, work / "two", replace=two)
    assert caught.value.path == str(work / "two")
    assert (work / "two").read_text() == "edited"


def test_a_link_is_replaced_and_its_target_kept(work, store, content):
    work.write("target", "keep")
    file = store.save(work.write("f", "1"))
    work.link("l", "target")
    store.restore(file, work / "l")
    assert not (work / "l").is_symlink()
    work.link("m", "nowhere")
    store.restore(file, work / "m")
    work.write("other/file", "keep")
    work.link("n", "other")
    store.restore(content, work / "n")
    assert not (work / "n").is_symlink()
    assert (work / "target").read_text() == (work / "other/file").read_text() == "keep"


def test_a_directory_takes_the_place_of_a_file(work, store, content):
    kept = store.save(work.write("f", "1"))
    assert store.restore(content, work / "f", replace=kept)
    assert Scan().content(work / "f") == content


def test_a_file_takes_the_place_of_a_directory_only_if_that_is_named(work, store, content, look):
    file = store.save(work.write("f", "1"))
    before = look(work / "saved")
    for replace in (None, file):
        with pytest.raises(Occupied):
            store.restore(file, work / "saved", replace=replace)
    new = work.write("saved/sub/new", "keep")
    with pytest.raises(Occupied):
        store.restore(file, work / "saved", replace=content)
    new.unlink()
    assert look(work / "saved") == before
    assert store.restore(file, work / "saved", replace=content)
    assert (work / "saved").read_text() == "1"


def test_only_what_differs_is_touched(work, store, content, faults):
    untouched = {name: os.stat(work / "saved" / name).st_ino for name in ("a", "run", "sub/b")}
    work.write("saved/new", "3")
    (work / "saved/sub/up").unlink()
    work.write("saved/sub/up", "no link any more")
    changed = store.save(work / "saved")
    faults.log.clear()
    assert store.restore(content, work / "saved", replace=changed)
    assert Scan().content(work / "saved") == content
    assert {name: os.stat(work / "saved" / name).st_ino for name in untouched} == untouched
    assert [place for name, place in faults.log if name == "rename"] == [str(work / "saved/sub/up")]


@pytest.mark.parametrize("told", [True, False])
def test_a_file_in_a_directory_goes_only_if_it_is_named(work, store, content, look, told):
    before = store.save(work / "saved")
    work.write("saved/sub/unknown", "precious")
    work.write("saved/a", "edited")
    kept = look(work / "saved")
    found = store.save(work / "saved")
    for wrong in (None, content):
        with pytest.raises(Occupied):
            store.restore(before, work / "saved", replace=wrong)
        assert look(work / "saved") == kept
    if told:
        store.restore(before, work / "saved", replace=found)
        assert Scan().content(work / "saved") == before


def test_what_changes_after_it_was_named_stays(work, store, content, look):
    work.write("saved/a", "2")
    found = store.save(work / "saved")
    work.write("saved/sub/late", "precious")
    kept = look(work / "saved")
    with pytest.raises(Occupied):
        store.restore(content, work / "saved", replace=found)
    assert look(work / "saved") == kept


def test_missing_entries_come_back_without_asking(work, store, content):
    (work / "saved/a").unlink()
    (work / "saved/sub/b").unlink()
    (work / "saved/empty").rmdir()
    assert store.restore(content, work / "saved")
    assert Scan().content(work / "saved") == content


def test_kinds_take_each_others_places(work, store, look):
    def fill(name, *kinds):
        for number, kind in enumerate(kinds):
            path = work / name / str(number)
            path.parent.mkdir(exist_ok=True)
            if kind == "file":
                path.write_text(name)
            elif kind == "link":
                path.symlink_to("0")
            else:
                work.write(f"{name}/{number}/below/x", name)
        return store.save(work / name)

    pairs = [(one, other) for one in ("file", "link", "directory") for other in ("file", "link", "directory")]
    one = fill("one", *(pair[0] for pair in pairs))
    other = fill("other", *(pair[1] for pair in pairs))
    before = look(work / "other")
    assert store.restore(other, work / "one", replace=one)
    assert look(work / "one") == before
    assert store.restore(one, work / "one", replace=other)
    assert Scan().content(work / "one") == one


def test_a_named_tree_that_the_store_lost_names_nothing(work, store, content, look):
    work.write("saved/new", "3")
    found = Scan().content(work / "saved")
    kept = look(work / "saved")
    with pytest.raises(Occupied):
        store.restore(content, work / "saved", replace=found)
    assert look(work / "saved") == kept


def test_links_to_objects_that_are_gone_are_replaced(work, store, content):
    store.restore(content, work / "linked", mode="symlink")
    changed = work.write("saved/a", "other") and store.save(work / "saved")
    store.remove(hash_bytes(b"1"))
    assert store.restore(changed, work / "linked", mode="symlink")
    assert Scan().content(work / "linked") == changed


@pytest.mark.parametrize("odd", ["fifo", "link that leaves"])
def test_what_cannot_be_kept_is_not_replaced(work, store, content, odd):
    if odd == "fifo":
        os.mkfifo(work / "saved/odd")
    else:
        work.link("saved/odd", "/")
    with pytest.raises(SourceError):
        store.restore(content, work / "saved")
    assert os.path.lexists(work / "saved/odd")


def test_the_scan_looks_again_afterwards(work, store, content):
    scan = Scan()
    assert scan.content(work / "new") is None
    store.restore(content, work / "new", scan=scan)
    assert scan.content(work / "new") == content
    work.write("saved/a", "9")
    edited = store.save(work / "saved")
    scan = Scan()
    store.restore(content, work / "saved", scan=scan, replace=edited)
    assert scan.content(work / "saved") == content


# What goes wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("loss", ["damaged", "missing"])
def test_nothing_appears_if_an_object_is_lost(work, store, content, look, mode, loss):
    oid = hash_bytes(b"2")
    if loss == "missing":
        store.remove(oid)
    else:
        os.chmod(store.path(oid), 0o644)
        Path(store.path(oid)).write_bytes(b"!")
    before = look(work.root)
    with pytest.raises(ObjectMissing if loss == "missing" else ObjectCorrupt) as caught:
        store.restore(content, work / "new", mode=mode)
    assert caught.value.id == oid
    assert look(work.root) == before
    assert temporaries(store, work) == []


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_a_linked_object_that_was_edited_in_place_is_found_out(work, store, mode):
    content = store.save(work.write("saved", "12345"))
    store.restore(content, work / "linked", mode=mode)
    os.chmod(store.path(content.digest), 0o644)
    (work / "linked").write_text("54321")
    assert Scan().content(work / "linked") != content
    with pytest.raises(ObjectCorrupt):
        store.restore(content, work / "other", mode=mode)
    assert not store.has(content.digest)
    assert store.save(work / "saved") == content
    assert store.restore(content, work / "other", mode=mode)
    assert (work / "other").read_text() == "12345"


def test_a_cache_that_can_only_be_read(work, store, content, monkeypatch):
    store.close()
    mkdir = os.mkdir

    def refuse(path, *rest, **options):
        if str(path).startswith(store.root):
            raise OSError(errno.EROFS, "read-only")
        return mkdir(path, *rest, **options)

    monkeypatch.setattr(os, "mkdir", refuse)
    assert store.restore(content, work / "new/d")
    assert Scan().content(work / "new/d") == content
    assert [path for path in work.root.rglob("*") if is_temporary(path.name)] == []


def test_one_disk_that_is_mounted_twice(work, store, content, monkeypatch):
    rename = os.rename

    def refuse(source, target, *, src_dir_fd=None, dst_dir_fd=None):
        directories = ["" if one is None else os.readlink(f"/proc/self/fd/{one}") for one in (src_dir_fd, dst_dir_fd)]
        if [one.startswith(store.root) for one in directories] == [True, False]:
            raise OSError(errno.EXDEV, "cross-device link")
        return rename(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "rename", refuse)
    assert store.restore(content, work / "new")
    file = store.save(work.write("f", "1"))
    assert store.restore(file, work / "g")
    work.write("h", "2")
    assert store.restore(content, work / "h")
    assert Scan().content(work / "h") == Scan().content(work / "new") == content
    assert temporaries(store, work) == []


def test_on_another_file_system(store, content):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        for mode in MODES:
            path = Path(directory) / mode
            assert store.restore(content, path, mode=mode)
            assert Scan().content(path) == content
        assert sorted(os.listdir(directory)) == sorted(MODES)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("mode", ["copy", "symlink"])
def test_a_fault_at_any_call(work, store, look, faults, number, mode):
    """Sweep the fault over every call: what was there is there, or what was wanted; nothing is half done."""
    work.write("saved/a", "1")
    work.write("saved/sub/large", LARGE_DATA)
    work.link("saved/l", "a")
    content = store.save(work / "saved")
    faults.number = number
    for step in range(1, 200):
        path = work / f"new{step}"
        faults.count, faults.fail_at = 0, step
        problem = attempt(store, content, path, mode)
        faults.fail_at = None
        assert temporaries(store, work) == []
        if problem is not None:
            assert problem.errno == number
            assert not os.path.lexists(path)
            assert store.restore(content, path, mode=mode)
        assert Scan().content(path) == content
        if faults.count < step:
            break
    assert step > 5


def attempt(store, content, path, mode):
    try:
        store.restore(content, path, mode=mode)
    except DiskError as error:
        return error
    return None


@pytest.mark.parametrize("place", ["file/below", "file/below/deep"])
def test_a_file_where_a_directory_should_be(work, store, content, place):
    work.write("file", "keep")
    with pytest.raises(DiskError):
        store.restore(content, work / place)
    assert (work / "file").read_text() == "keep"


# The law --------------------------------------------------------------------------------------------------------------

NAMES = ["a", "b b", "é", "-c", os.fsdecode(b"\xff\n"), "n" * 255]


def grow(root: Path, dice: random.Random) -> None:
    root.mkdir()
    for _ in range(dice.randint(0, 12)):
        path = root / "/".join(dice.choice(NAMES) for _ in range(dice.randint(1, 3)))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            match dice.randint(0, 3):
                case 0:
                    path.symlink_to(dice.choice(NAMES[:4]))
                case 1:
                    path.mkdir()
                case _:
                    path.write_bytes(dice.randbytes(dice.randint(0, 2)))
                    path.chmod(dice.choice([0o644, 0o755]))
        except OSError:
            continue


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.sampled_from(MODES))
def test_save_and_restore_is_identity(dice, mode):
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory)
        store = LocalStore(top / "cache", durable=False)
        contents: list[Content] = []
        for name in ("one", "two"):
            grow(top / name, dice)
            contents.append(store.save(top / name))
        one, two = contents
        store.restore(one, top / "three", mode=mode)
        assert Scan().content(top / "three") == one
        store.restore(two, top / "three", mode=mode, replace=one)
        assert Scan().content(top / "three") == two
        store.restore(one, top / "three", mode=mode, replace=two)
        assert Scan().content(top / "three") == one
        assert all(store.verify(oid) for oid in store.ids())
        store.close()


def test_what_cannot_be_written_is_called_by_its_own_name(work, store, content, monkeypatch):
    def refuse_all(layout):
        raise DiskError("make", layout.temporaries, errno.EROFS)

    def refuse(build, content, spot):
        raise DiskError("write", spot.path, errno.EROFS)

    monkeypatch.setattr(Layout, "temporary", refuse_all)
    monkeypatch.setattr(Build, "_make_file", refuse)

    for it, name, path in ((content, "d", "d/a"), (Scan().content(work / "saved/a"), "f", "f")):
        with pytest.raises(DiskError) as caught:
            store.restore(it, work / name)
        assert caught.value.path == str(work / path)
