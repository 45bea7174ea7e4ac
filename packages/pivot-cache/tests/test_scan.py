"""A scan says what a fresh hash of everything would say, and reads only what it has to."""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot_cache import (
    LinkLeaves,
    Scan,
    SourceChanged,
    SourceMissing,
    SourceUnreadable,
    State,
    TreeTooDeep,
    UnsupportedFile,
    hash_bytes,
    read_tree,
    tree_bytes,
)
from pivot_cache import scan as scanning
from pivot_cache.hashing import hash_descriptor
from pivot_cache.leftovers import temporary_name
from pivot_cache.stamp import stamp


@pytest.fixture
def reads(monkeypatch):
    """The files that are read, in order."""
    paths: list[str] = []
    hash_descriptor = scanning.hash_descriptor

    def note(descriptor, path):
        paths.append(os.path.basename(path))
        return hash_descriptor(descriptor, path)

    monkeypatch.setattr(scanning, "hash_descriptor", note)
    return paths


def test_file(work):
    path = work.write("a", "text")
    assert Scan().content(path) == ("file", hash_bytes(b"text"), 4)
    assert Scan().content(str(path)) == Scan().content(path)
    path.chmod(0o755)
    assert Scan().content(path) == ("executable", hash_bytes(b"text"), 4)
    path.chmod(0o611)
    assert Scan().content(path).kind == "file"


def test_nothing(work):
    work.write("file")
    work.link("dead", "no")
    for name in ("no", "no/no", "file/below", "dead"):
        assert Scan().content(work / name) is None
        assert Scan().digest(work / name) is None


def test_directory(work):
    work.write("d/a", "1")
    work.write("d/sub/b", "22", mode=0o755)
    work.link("d/sub/l", "../a")
    (work / "d" / "empty").mkdir()
    levels = Scan().levels(work / "d")
    sub = levels[str(work / "d/sub")]
    assert sub == (("b", "executable", hash_bytes(b"22"), 2), ("l", "link", hash_bytes(b"../a"), 4))
    top = levels[str(work / "d")]
    assert top == (
        ("a", "file", hash_bytes(b"1"), 1),
        ("empty", "directory", hash_bytes(tree_bytes([])), 0),
        ("sub", "directory", hash_bytes(tree_bytes(sub)), 2),
    )
    assert Scan().content(work / "d") == ("directory", hash_bytes(tree_bytes(top)), 3)
    assert Scan().digest(work / "d") is None
    assert read_tree(tree_bytes(top)) == top


def test_relative_path(work, monkeypatch):
    work.write("d/a", "1")
    monkeypatch.chdir(work.root)
    assert Scan().content("d") == Scan().content(work / "d") is not None


@pytest.mark.parametrize(
    "name", ["a b", "a\nb", "-rf", "é", "\u0065\u0301", "n" * 255, os.fsdecode(b"\xff\xfe"), ".hidden", "#~"]
)
def test_odd_names(work, state, later, name):
    work.write(f"d/{name}", "1")
    work.write(f"{name}/x", "1")
    for _ in range(2):
        scan = Scan(state, clock=later)
        assert scan.levels(work / "d")[str(work / "d")] == ((name, "file", hash_bytes(b"1"), 1),)
        assert scan.content(work / "d") == Scan().content(work / "d")
        assert scan.content(work / "d" / name) == ("file", hash_bytes(b"1"), 1)
        assert scan.content(work / name) == Scan().content(work / name)
        state.flush()


def test_answers_stay_within_a_round(work):
    path = work.write("d/a", "1")
    scan = Scan()
    before = scan.content(work / "d"), scan.content(path), scan.content(work / "no")
    path.write_text("2")
    work.write("no")
    assert (scan.content(work / "d"), scan.content(path), scan.content(work / "no")) == before


@pytest.mark.parametrize("forgotten", ["d/sub/a", "d/sub", "d", "."])
def test_forget_what_is_above_and_below(work, forgotten):
    path = work.write("d/sub/a", "1")
    other = work.write("d/other", "1")
    scan = Scan()
    places = [path, path.parent, work / "d"]
    for place in places:
        scan.content(place)
    old = scan.content(other)
    path.write_text("2")
    other.write_text("2")
    scan.forget(work / forgotten)
    assert [scan.content(place) for place in places] == [Scan().content(place) for place in places]
    assert (scan.content(other) == old) == (forgotten.startswith("d/sub"))


def test_what_was_seen_is_told(work, later):
    path = work.write("a", "1")
    work.write("d/b", "2")
    scan = Scan(clock=later)
    scan.content(path)
    scan.content(work / "d")
    scan.content(work / "none")
    scan.mark(work.write("lock"))
    scan.mark(work / "no lock")
    seen = scan.seen()
    assert seen.files.pop(str(work / "no lock")) == bytes(len(stamp(path.stat())))  # matches whatever comes there never
    assert seen.files == {str(path): stamp(path.stat()), str(work / "lock"): stamp((work / "lock").stat())}
    assert seen.directories == {str(work / "d"): scan.content(work / "d").digest}
    assert seen.absent == [str(work / "none")]
    assert seen.fresh == {}
    scan.forget(path)
    assert list(scan.seen().files) == [str(work / "lock"), str(work / "no lock")]


@pytest.mark.parametrize("look", [Scan.content, Scan.mark])
def test_what_is_too_fresh_to_be_told_by_its_stamp_is_told_by_its_content(work, state, look):
    path = work.write("a", "1")
    scan = Scan(state)
    look(scan, path)
    assert scan.seen() == ({}, {}, [], {str(path): Scan().content(path)})


def test_forgetting_does_not_look_through_everything(work):
    """A run forgets a few paths for each of thousands of stages."""
    scan = Scan()
    paths = [str(work.write(f"{number % 7}/{number}", "1")) for number in range(50)]
    for path in paths:
        scan.content(path)

    class Unreadable(dict):
        def __iter__(self):
            raise AssertionError

    scan._known = Unreadable(scan._known)
    for path in paths[::2]:
        scan.forget(path)
    assert sorted(dict.keys(scan._known)) == sorted(paths[1::2])


def test_top_link_is_followed(work, state, later):
    work.write("d/a", "1")
    work.link("file", "d/a")
    link = work.link("dir", "d")
    for _ in range(2):
        assert Scan(state, clock=later).content(work / "file") == Scan().content(work / "d/a")
        assert Scan(state, clock=later).content(link) == Scan().content(work / "d")
        state.flush()
    work.write("e", "2")
    (work / "file").unlink()
    work.link("file", "e")
    assert Scan(state, clock=later).digest(work / "file") == hash_bytes(b"2")


# What is remembered ---------------------------------------------------------------------------------------------------


def test_settled_files_are_read_once(work, state, later, reads):
    path = work.write("a", "1")
    work.write("d/b", "2")
    work.write("d/sub/c", "3")
    for _ in range(3):
        scan = Scan(state, clock=later)
        scan.content(path)
        scan.content(work / "d")
        state.flush()
    assert sorted(reads) == ["a", "b", "c"]


def test_one_changed_file_is_one_read(work, state, later, reads):
    for number in range(300):
        work.write(f"d/{number % 3}/{number}", f"{number}")
    Scan(state, clock=later).content(work / "d")
    reads.clear()
    work.write("d/1/7", "changed")
    changed = Scan(state, clock=later).content(work / "d")
    assert reads == ["7"]
    assert changed == Scan().content(work / "d")


def test_a_new_file_is_not_remembered(work, state, reads):
    """What was written just now may be written again within one tick of the clock: git calls it racy."""
    path = work.write("a", "1")
    work.write("d/b", "2")
    for _ in range(2):
        scan = Scan(state)
        scan.content(path)
        scan.content(work / "d")
    assert sorted(reads) == ["a", "a", "b", "b"]


def test_a_file_from_the_future_is_not_remembered(work, state, later, reads):
    path = work.write("d/a", "1")
    os.utime(path, ns=(0, later() + 10**12))
    for _ in range(2):
        Scan(state, clock=later).content(work / "d")
        Scan(state, clock=later).content(path)
    assert len(reads) == 4


def test_what_is_settled_is_remembered_beside_what_is_new(work, state, reads):
    old, new = work.write("d/old", "1"), work.write("d/new", "2")
    hour = 3600 * 10**9
    status = os.stat(old)
    os.utime(new, ns=(0, status.st_ctime_ns + 2 * hour))

    def look():
        return Scan(state, clock=lambda: status.st_ctime_ns + hour).content(work / "d")

    assert look() == look() == Scan().content(work / "d")
    assert sorted(reads[:3]) == ["new", "new", "old"]


def test_same_size_same_time_other_bytes_is_seen(work, state, later):
    path = work.write("d/a", "1")
    os.utime(path, ns=(0, 0))
    before = Scan(state, clock=later).content(work / "d")
    path.write_text("2")
    os.utime(path, ns=(0, 0))
    assert Scan(state, clock=later).content(work / "d") == Scan().content(work / "d") != before


@pytest.mark.parametrize("where", ["a", "."])
def test_writes_within_one_tick_are_seen(work, state, where):
    """No pause between the writes, the same size, the time put back: only the racy rule sees these."""
    path = work.write("d/a", "0")
    for number in range(300):
        path.write_text(f"{number:03}")
        os.utime(path, ns=(0, 0))
        scan = Scan(state)
        scan.content(work / "d" / where)
        assert scan.levels(work / "d")[str(work / "d")][0].digest == hash_bytes(f"{number:03}".encode())
        assert scan.digest(path) == hash_bytes(f"{number:03}".encode())


def test_moved_onto_the_place_of_another_is_seen(work, state, later):
    one, other = work.write("d/a", "1"), work.write("b", "2")
    Scan(state, clock=later).content(work / "d")
    other.rename(one)
    assert Scan(state, clock=later).levels(work / "d")[str(work / "d")][0].digest == hash_bytes(b"2")


def test_a_file_that_is_swapped_between_stat_and_open(work, state, later, monkeypatch):
    path = work.write("d/a", "1")
    other = work.write("other", "2")
    open_file = scanning.open_file

    def swap(*arguments, **options):
        if other.exists():
            other.rename(path)
        return open_file(*arguments, **options)

    monkeypatch.setattr(scanning, "open_file", swap)
    assert Scan(state, clock=later).content(work / "d") == Scan().content(work / "d")
    monkeypatch.undo()
    assert Scan(state, clock=later).content(work / "d") == Scan().content(work / "d")


def test_a_directory_that_disappears_meanwhile(work, monkeypatch):
    work.write("d/sub/a", "1")
    look = scanning.look

    def remove(descriptor, path):
        level = look(descriptor, path)
        if path == str(work / "d"):
            (work / "d/sub/a").unlink()
            (work / "d/sub").rmdir()
        return level

    monkeypatch.setattr(scanning, "look", remove)
    with pytest.raises(SourceChanged):
        Scan().content(work / "d")


def test_a_file_that_disappears_meanwhile(work, monkeypatch):
    path = work.write("d/a", "1")
    look = scanning.look

    def remove(descriptor, where):
        level = look(descriptor, where)
        path.unlink()
        return level

    monkeypatch.setattr(scanning, "look", remove)
    with pytest.raises(SourceChanged) as caught:
        Scan().content(work / "d")
    assert caught.value.path == str(path)


def test_a_state_that_lies_in_every_fact_is_only_slower(work, state, later):
    work.write("d/a", "1")
    Scan(state, clock=later).content(work / "d")
    for space in ("file", "level", "files"):
        for key in state.get_all(space):
            state.put(space, key, b"\xff" * 76)
    assert Scan(state, clock=later).content(work / "d") == Scan().content(work / "d")


def test_memory_of_a_directory_serves_from_any_place_above(work, state, later, reads):
    work.write("d/sub/a", "1")
    Scan(state, clock=later).content(work / "d")
    Scan(state, clock=later).content(work / "d/sub")
    Scan(state, clock=later).content(work.root)
    assert reads == ["a"]


SCAN = """
import sys, time
from pivot_cache import Scan, State
path, directory = sys.argv[1:]
for _ in range(10):
    with State(path) as state:
        print(Scan(state, clock=lambda: time.time_ns() + 10**13).content(directory), flush=True)
"""


def test_two_processes_with_one_state(work, tmp_path, python):
    for number in range(50):
        work.write(f"d/{number}", f"{number}")
    scans = [python(SCAN, tmp_path / "s", work / "d") for _ in range(2)]
    expected = str(Scan().content(work / "d"))
    for scan in scans:
        out, err = scan.communicate(timeout=60)
        assert out.splitlines() == [expected] * 10, err


# What cannot be kept --------------------------------------------------------------------------------------------------


def test_special_files(work):
    os.mkfifo(work / "p")
    for path in (work / "p", work.root):
        with pytest.raises(UnsupportedFile) as caught:
            Scan().content(path)
        assert caught.value.path == str(work / "p")


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "sub/../../x", "../../x", "/"])
def test_links_that_leave(work, state, later, target):
    work.write("d/a")
    work.link("d/l", target)
    for _ in range(2):
        with pytest.raises(LinkLeaves) as caught:
            Scan(state, clock=later).content(work / "d")
        assert (caught.value.path, caught.value.target) == (str(work / "d/l"), target)


def test_a_link_may_leave_its_own_directory_but_not_the_whole(work, state, later):
    work.write("d/a", "1")
    work.link("d/sub/l", "../a")
    assert Scan(state, clock=later).content(work / "d") is not None
    state.flush()
    # What is remembered of the lower directory must not hide that from here it leaves.
    for _ in range(2):
        with pytest.raises(LinkLeaves) as caught:
            Scan(state, clock=later).content(work / "d/sub")
        assert caught.value.path == str(work / "d/sub/l")


def test_link_to_a_directory_is_not_entered(work):
    work.write("d/a", "1")
    work.link("d/loop", ".")
    levels = Scan().levels(work / "d")
    assert [entry.kind for entry in levels[str(work / "d")]] == ["file", "link"]


def test_loop_of_links(work):
    work.link("l", "l")
    with pytest.raises(SourceUnreadable):
        Scan().content(work / "l")


def test_too_deep(work):
    deep = work.root
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(work.root)
        for _ in range(202):
            os.mkdir("d" * 30)
            os.chdir("d" * 30)
    finally:
        os.fchdir(here)
        os.close(here)
    with pytest.raises(TreeTooDeep):
        Scan().content(deep)
    subprocess.run(["rm", "-rf", str(deep)], check=True)


def test_paths_longer_than_the_system_takes(work):
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(work.root)
        for _ in range(30):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        Path("file").write_text("1")
    finally:
        os.fchdir(here)
        os.close(here)
    assert Scan().content(work.root).size == 1
    subprocess.run(["rm", "-rf", str(work / ("d" * 250))], check=True)


def test_unreadable(work, monkeypatch):
    path = work.write("d/a", "1")
    open_ = os.open

    def refuse(name, *rest, **options):
        if name == "a":
            raise PermissionError(13, "no")
        return open_(name, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceUnreadable) as caught:
        Scan().content(work / "d")
    assert caught.value.path == str(path)


def test_levels_of_what_is_not_there(work):
    with pytest.raises(SourceMissing):
        Scan().levels(work / "no")


def test_our_temporaries_do_not_count(work, state, later, reads):
    work.write("d/a", "1")
    before = Scan(state, clock=later).content(work / "d")
    temporary = work.write(f"d/{temporary_name()}", "half")
    assert Scan(state, clock=later).content(work / "d") == Scan().content(work / "d") == before
    temporary.unlink()
    assert Scan(state, clock=later).content(work / "d") == before


def test_no_descriptor_is_left_open(work):
    work.write("d/sub/a", "1")
    os.mkfifo(work / "d/sub/p")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UnsupportedFile):
        Scan().content(work / "d")
    assert len(os.listdir("/proc/self/fd")) <= before  # what others left may go meanwhile


# The law --------------------------------------------------------------------------------------------------------------

type Edit = Callable[[Path, random.Random], None]


def any_path(root: Path, dice: random.Random) -> Path:
    return root / "/".join(dice.choice(["a", "b", "c"]) for _ in range(dice.randint(1, 3)))


def write(root: Path, dice: random.Random) -> None:
    path = any_path(root, dice)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dice.choice("xyz"))
    os.utime(path, ns=(0, dice.choice([0, 1])))


def remove(root: Path, dice: random.Random) -> None:
    any_path(root, dice).unlink()


def link(root: Path, dice: random.Random) -> None:
    any_path(root, dice).symlink_to(dice.choice(["a", "b", "a/b"]))


def move(root: Path, dice: random.Random) -> None:
    any_path(root, dice).rename(any_path(root, dice))


def change_mode(root: Path, dice: random.Random) -> None:
    path = any_path(root, dice)
    if path.is_file():
        path.chmod(dice.choice([0o644, 0o755]))


def make_directory(root: Path, dice: random.Random) -> None:
    any_path(root, dice).mkdir()


EDITS: list[Edit] = [write, write, write, remove, link, move, change_mode, make_directory]


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(EDITS), min_size=1, max_size=25), st.booleans())
def test_a_scan_says_what_a_fresh_hash_says(dice, edits, settled):
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "work"
        root.mkdir()
        state = State(Path(directory) / "state.db")
        for edit in edits:
            try:
                edit(root, dice)
            except OSError:
                continue
            # Settled: everything counts as old, so what is remembered is believed wherever the stamps allow it.
            clock = (lambda: scanning.clock() + 10**13) if settled else scanning.clock
            if settled:
                refresh(root)
            assert Scan(state, clock=clock).content(root) == Scan().content(root)
            state.flush()
        state.close()


def refresh(root: Path) -> None:
    """Give every file a new inode: what two ticks of the clock would do to its stamp, without waiting for them."""
    for parent, _, files in os.walk(root):
        for name in files:
            path = Path(parent, name)
            if path.is_symlink():
                continue
            copy = Path(parent, ".copy")
            copy.write_bytes(path.read_bytes())
            copy.chmod(path.stat().st_mode & 0o777)
            copy.rename(path)


def test_what_is_distrusted_is_read_again(tmp_path):
    """As bytes that rot on the disk keep their stamp, so does a file in this test."""
    (tmp_path / "directory" / "below").mkdir(parents=True)
    files = [tmp_path / "file", tmp_path / "directory" / "a", tmp_path / "directory" / "below" / "b"]
    for file in files:
        file.write_text("x")
    state = State(tmp_path / "state.db")

    def late() -> int:
        return time.time_ns() + 10**11

    paths = [tmp_path / "file", tmp_path / "directory"]
    before = [Scan(state, clock=late).content(path) for path in paths]

    def hashed() -> int:
        counted = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pivot_cache.scan.hash_descriptor", lambda *a: counted.append(a) or hash_descriptor(*a))
            assert [Scan(state, clock=late).content(path) for path in paths] == before
        return len(counted)

    assert hashed() == 0
    for path in paths:
        Scan(state).distrust(path)
    assert hashed() == 3
    Scan().distrust(tmp_path / "file")  # with nothing that remembers


def test_nothing_can_have_a_name_that_is_too_long(tmp_path):
    assert Scan().content(tmp_path / ("x" * 256)) is None
