"""What is saved is what was there: whole, read-only, in the right order, or not at all."""

import errno
import os
import random
import stat
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot_cache import (
    Content,
    DiskError,
    LinkLeaves,
    LocalStore,
    RepositoryInside,
    Scan,
    SourceChanged,
    SourceMissing,
    SourceUnreadable,
    StoreInside,
    TreeTooDeep,
    UnsupportedFile,
    bulk,
    hash_bytes,
    save,
)
from pivot_cache.hashing import LARGE
from pivot_cache.leftovers import temporary_name

LARGE_DATA = b"0123456789abcdef" * (LARGE // 16 + 1)


def objects(store):
    """All files of the store with their bytes and bits."""
    return {oid: (store.read(oid), stat.S_IMODE(os.stat(store.path(oid)).st_mode)) for oid in store.ids()}


@pytest.mark.parametrize("data", [b"", b"x", LARGE_DATA[: LARGE - 1], LARGE_DATA[:LARGE], LARGE_DATA])
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o444])
def test_file(work, store, data, mode):
    path = work.write("a", data, mode=mode)
    kind = "executable" if mode == 0o755 else "file"
    assert store.save(path) == Content(kind, hash_bytes(data), len(data)) == Scan().content(path)
    assert objects(store) == {hash_bytes(data): (data, 0o444)}


def tree(work):
    work.write("d/a", "1")
    work.write("d/run", "#!", mode=0o755)
    work.write("d/sub/large", LARGE_DATA)
    work.write("d/sub/same", "1")
    work.link("d/sub/up", "../a")
    work.link("d/dangling", "not/there")
    (work / "d/empty/also").mkdir(parents=True)
    return work / "d"


def test_directory(work, store):
    path = tree(work)
    content = store.save(path)
    assert content == Scan().content(path)
    assert store.has_all(content)
    assert len(list(store.ids())) == 9  # 1, #!, the large one, two targets, and four different directories
    assert {bits for _, bits in objects(store).values()} == {0o444}


@pytest.mark.parametrize("name", ["a b", "a\nb", "-rf", "é", "n" * 255, os.fsdecode(b"\xff\xfe"), ".hidden"])
def test_odd_names(work, store, name):
    work.write(f"d/{name}/{name}", "1")
    content = store.save(work / "d" / name / name)
    assert content == ("file", hash_bytes(b"1"), 1)
    assert store.save(work / "d") == Scan().content(work / "d")
    assert [entry.name for entry in store.tree(store.save(work / "d").digest)] == [name]


def test_link_at_the_path_itself_is_followed(work, store):
    work.write("d/a", "1")
    assert store.save(work.link("l", "d/a")) == store.save(work / "d/a")
    assert store.save(work.link("m", "d")) == store.save(work / "d")


def test_several_together(work, store):
    work.write("a", "1")
    found = store.save_all([(work / "a", None), (tree(work), None)])
    assert found == [Scan().content(work / "a"), Scan().content(work / "d")]
    assert all(store.has_all(content) for content in found)
    assert store.save_all([]) == []


def test_our_temporaries_are_not_kept(work, store):
    work.write("d/a", "1")
    before = store.save(work / "d")
    work.write(f"d/{temporary_name()}", "half")
    assert store.save(work / "d") == before


# Refused --------------------------------------------------------------------------------------------------------------


def test_what_is_not_there(work, store):
    with pytest.raises(SourceMissing):
        store.save(work / "no")


def test_special_files(work, store):
    os.mkfifo(work / "p")
    for path in (work / "p", work.root):
        with pytest.raises(UnsupportedFile) as caught:
            store.save(path)
        assert caught.value.path == str(work / "p")


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../../x", "a/../../.."])
def test_links_that_leave(work, store, target):
    work.write("d/a")
    work.link("d/l", target)
    with pytest.raises(LinkLeaves) as caught:
        store.save(work / "d")
    assert (caught.value.path, caught.value.target) == (str(work / "d/l"), target)


@pytest.mark.parametrize("what", ["directory", "file", "link"])
@pytest.mark.parametrize("name", [".git", ".Git"])
def test_a_repository_inside(work, store, what, name):
    """Its hooks would be somebody else's code; what is only called like it is kept."""
    work.write("d/sub/.gitignore", "1")
    work.write("d/.github/git", "1")
    store.save(work / "d")
    if what == "link":
        work.link(f"d/sub/{name}", "x")
    else:
        work.write(f"d/sub/{name}/hooks/x" if what == "directory" else f"d/sub/{name}", "1")
    with pytest.raises(RepositoryInside) as caught:
        store.save(work / "d")
    assert caught.value.path == str(work / "d/sub" / name)


def test_the_store_itself(work):
    """Whoever keeps what is in the way removes it then."""
    work.write("d/precious", "1")
    for place in ("d", "d/sub/cache"):
        with closing(LocalStore(work / place, durable=False)) as store, pytest.raises(StoreInside) as caught:
            store.save(work / "d")
        assert caught.value.path == str(work / "d")
    assert (work / "d/precious").exists()


def test_a_file_that_cannot_be_read_is_named(work, store, monkeypatch):
    path = work.write("d/sub/a", "1")
    open_ = os.open

    def refuse(name, *rest, **options):
        if name == "a":
            raise PermissionError(errno.EACCES, "no")
        return open_(name, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceUnreadable) as caught:
        store.save(work / "d")
    assert (caught.value.path, caught.value.errno) == (str(path), errno.EACCES)


def test_too_deep(work, store, monkeypatch):
    monkeypatch.setattr(save, "DEPTH_LIMIT", 3)
    work.write("1/2/3/4/a")
    store.save(work / "1")
    with pytest.raises(TreeTooDeep):
        store.save(work.root)


@pytest.mark.parametrize("refused", ["p", "l"])
def test_a_refusal_keeps_nothing_at_all(work, store, refused):
    work.write("good", "1")
    work.write("d/a", "2")
    if refused == "p":
        os.mkfifo(work / "d/p")
    else:
        work.link("d/l", "/")
    with pytest.raises((UnsupportedFile, LinkLeaves)):
        store.save_all([(work / "good", None), (work / "d", None)])
    assert list(store.ids()) == []
    assert leftovers(store) == []


def leftovers(store):
    temporaries = Path(store.layout.temporaries)
    return [file for directory in temporaries.iterdir() for file in directory.iterdir()] if temporaries.exists() else []


# What changes meanwhile -----------------------------------------------------------------------------------------------


def test_what_is_not_what_was_expected(work, store):
    path = work.write("a", "1")
    expected = Scan().content(path)
    assert store.save(path, expected=expected) == expected
    path.write_text("2")
    with pytest.raises(SourceChanged) as caught:
        store.save(path, expected=expected)
    assert caught.value.path == str(path)
    assert list(store.ids()) == [expected.digest]
    path.chmod(0o755)
    path.write_text("1")
    with pytest.raises(SourceChanged):
        store.save(path, expected=expected)


@pytest.mark.parametrize("size", [100, LARGE + 5])
@pytest.mark.parametrize("step", [3, -3])
def test_a_file_that_never_stands_still(work, store, monkeypatch, size, step):
    path = work.write("a", LARGE_DATA[:size])
    pread, copy = os.pread, os.copy_file_range

    def change(descriptor):
        if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
            os.truncate(path, os.stat(path).st_size + step)

    def read(descriptor, *rest):
        change(descriptor)
        return pread(descriptor, *rest)

    def copy_range(source, *rest):
        change(source)
        return copy(source, *rest)

    monkeypatch.setattr(os, "pread", read)
    monkeypatch.setattr(os, "copy_file_range", copy_range)
    with pytest.raises(SourceChanged) as caught:
        store.save(path)
    assert caught.value.path == str(path)
    assert list(store.ids()) == []
    assert leftovers(store) == []


def test_the_name_comes_from_the_bytes_that_were_written(work, store, monkeypatch):
    """A file that changes without its time telling, while it is copied, cannot give a wrong object."""
    path = work.write("a", LARGE_DATA)
    copy = bulk.copy_hashed

    def edit_then_copy(source, target, size):
        status = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"edited")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return copy(source, target, size)

    monkeypatch.setattr(bulk, "copy_hashed", edit_then_copy)
    content = store.save(path, scan=Scan())
    assert store.verify(content.digest)
    assert content.digest == hash_bytes(b"edited" + LARGE_DATA[6:])


# What is there already ------------------------------------------------------------------------------------------------


@pytest.fixture
def writes(faults):
    """The calls that write."""
    return faults.log


@pytest.mark.parametrize("scanned", [True, False])
def test_the_same_again_writes_nothing(work, store, writes, scanned):
    path = tree(work)
    content = store.save(path)
    writes.clear()
    assert store.save(path, scan=Scan() if scanned else None) == content
    # Without anything to go by, a large file is copied before its name is known.
    assert [name for name, _ in writes if name in ("rename", "mkdir", "write", "fchmod")] == []


def test_a_large_file_that_is_expected_is_not_copied(work, store, writes):
    path = work.write("a", LARGE_DATA)
    content = store.save(path)
    writes.clear()
    assert store.save(path, expected=content) == content
    assert writes == []


def test_one_changed_file_writes_itself_and_the_way_to_it(work, store, writes, state, later):
    for number in range(60):
        work.write(f"d/{number % 3}/{number}", f"{number}")
    store.save(work / "d", scan=Scan(state, clock=later))
    writes.clear()
    work.write("d/1/7", "changed")
    content = store.save(work / "d", scan=Scan(state, clock=later))
    renamed = [place for name, place in writes if name == "rename"]
    assert len(renamed) == 3
    assert content == Scan().content(work / "d")
    assert store.has_all(content)


def test_a_scan_spares_reading(work, store, state, later, monkeypatch):
    path = tree(work)
    content = store.save(path, scan=Scan(state, clock=later))
    scan = Scan(state, clock=later)
    monkeypatch.setattr(save, "open_file", lambda *rest, **options: pytest.fail("read"))
    assert store.save(path, scan=scan) == content


@pytest.mark.parametrize("data", [b"small", LARGE_DATA])
@pytest.mark.parametrize("scanned", [True, False])
@pytest.mark.parametrize("damage", ["bytes", "length", "gone"])
def test_a_damaged_object_is_replaced(work, store, data, scanned, damage):
    path = work.write("a", data)
    content = store.save(path)
    place = store.path(content.digest)
    os.chmod(place, 0o644)
    if damage == "bytes":
        with open(place, "r+b") as file:
            file.write(b"!")
    elif damage == "length":
        os.truncate(place, 1)
    else:
        os.unlink(place)
    assert store.save(path, scan=Scan() if scanned else None) == content
    assert store.read(content.digest) == data
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o444


def test_a_missing_object_below_a_tree_that_is_there_is_kept_again(work, store):
    path = tree(work)
    content = store.save(path)
    store.remove(hash_bytes(b"1"))
    assert not store.has_all(content)
    store.save(path, scan=Scan())
    assert store.has_all(content)


# Order and faults -----------------------------------------------------------------------------------------------------


def test_files_are_named_and_flushed_before_trees(work, tmp_path, faults):
    store = LocalStore(tmp_path / "cache", durable=True)
    path = tree(work)
    faults.log.clear()
    store.save(path)
    calls = [(name, place.removeprefix(store.root + "/")) for name, place in faults.log]
    trees = {hash_bytes(data) for data, _ in objects(store).values() if data.startswith(b'{"pivot-tree"')}
    renames = {
        place.replace("/", "")[7:]: n
        for n, (name, place) in enumerate(calls)
        if name == "rename" and "objects/" in place
    }
    assert set(renames) == set(store.ids())
    first_tree = min(renames[oid] for oid in trees)
    last_file = max(number for oid, number in renames.items() if oid not in trees)
    assert last_file < first_tree
    for oid, number in renames.items():
        flushes = [n for n, call in enumerate(calls) if call == ("fsync", f"objects/{oid[:2]}")]
        if oid not in trees:
            assert any(number < flush < first_tree for flush in flushes)
    store.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_fault_at_any_call(work, tmp_path, faults, number):
    """Sweep the fault over every call of a save: one clear error, nothing wrong in the store, and the next is right."""
    work.write("d/a", "1")
    work.write("d/sub/large", LARGE_DATA)
    work.link("d/l", "a")
    expected = Scan().content(work / "d")
    faults.number = number
    for step in range(1, 1000):
        store = LocalStore(tmp_path / str(step), durable=True)
        faults.count, faults.fail_at = 0, step
        problem = attempt(store, work / "d")
        faults.fail_at = None
        assert all(store.verify(oid) for oid in store.ids())
        for oid in store.ids():
            if store.size(oid) < 1000 and store.read(oid).startswith(b'{"pivot-tree"'):
                assert store.missing(entry.digest for entry in store.tree(oid) if entry.kind != "directory") == set()
        if problem is None:
            break
        assert isinstance(problem, DiskError)
        assert problem.errno == number
        assert leftovers(store) == []
        assert store.save(work / "d") == expected
        assert store.has_all(expected)
        store.close()
    assert step > 20
    store.close()


def attempt(store, path):
    try:
        store.save(path)
    except DiskError as error:
        return error
    return None


DIE = """
import os, sys
from pivot_cache import LocalStore
store, path, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0
def wrap(call):
    def wrapped(*arguments, **options):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), 9)
        return call(*arguments, **options)
    return wrapped
for name in ("write", "fsync", "rename", "mkdir", "fchmod", "copy_file_range"):
    setattr(os, name, wrap(getattr(os, name)))
print(LocalStore(store).save(path).digest, flush=True)
"""


def test_killed_at_any_call(work, tmp_path, python):
    """Whenever a save is killed, what is in the store is right, and the next save completes it and clears up."""
    work.write("d/a", "1")
    work.write("d/large", LARGE_DATA)
    expected = Scan().content(work / "d")
    for step in range(1, 1000, 4):
        out, err = python(DIE, tmp_path / "cache", work / "d", step).communicate(timeout=60)
        store = LocalStore(tmp_path / "cache", durable=False)
        assert all(store.verify(oid) for oid in store.ids())
        if out:
            assert out.strip() == expected.digest, err
            break
        assert store.save(work / "d") == expected
        assert store.has_all(expected)
        assert leftovers(store) == []
        for oid in list(store.ids()):
            store.remove(oid)
        store.close()
    assert step > 20
    store.close()


SAVE = """
import sys
from pivot_cache import LocalStore
for _ in range(5):
    print(LocalStore(sys.argv[1]).save(sys.argv[2]).digest)
"""


def test_two_processes_save_the_same(work, tmp_path, python):
    for number in range(40):
        work.write(f"d/{number}", f"{number}")
    savers = [python(SAVE, tmp_path / "cache", work / "d") for _ in range(2)]
    expected = Scan().content(work / "d")
    for saver in savers:
        out, err = saver.communicate(timeout=60)
        assert out.split() == [expected.digest] * 5, err
    store = LocalStore(tmp_path / "cache")
    assert store.has_all(expected)
    assert all(store.verify(oid) for oid in store.ids())


@pytest.mark.parametrize("place", ["cache", "cache/objects", "cache/tmp"])
def test_a_cache_that_cannot_be_written(work, tmp_path, place):
    path = work.write("a", "1")
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("a file in its place")
    store = LocalStore(tmp_path / "cache")
    with pytest.raises(DiskError) as caught:
        store.save(path)
    assert caught.value.path.startswith(str(tmp_path / "cache"))


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_save_says_what_a_scan_says(dice: random.Random):
    names = ["a", "b b", "é", "-c", os.fsdecode(b"\xff"), "n" * 200]
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "work"
        root.mkdir()
        for _ in range(dice.randint(0, 12)):
            path = root / "/".join(dice.choice(names) for _ in range(dice.randint(1, 3)))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                match dice.randint(0, 3):
                    case 0:
                        path.symlink_to(dice.choice(names[:4]))
                    case 1:
                        path.mkdir()
                    case _:
                        path.write_bytes(dice.randbytes(dice.randint(0, 20)))
                        path.chmod(dice.choice([0o644, 0o755]))
            except OSError:
                continue
        store = LocalStore(Path(directory) / "cache", durable=False)
        content = store.save(root)
        assert content == Scan().content(root)
        assert store.has_all(content)
        assert store.save(root, scan=Scan()) == content
        store.close()
