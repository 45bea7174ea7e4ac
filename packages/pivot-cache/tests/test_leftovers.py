"""What a killed writer left goes; what a writer at work holds stays."""

import fcntl
import os

import pytest

from pivot_cache import leftovers, write_atomic
from pivot_cache.leftovers import HELD_SUFFIX, is_temporary, remove_temporary, sweep_once, temporary_name


@pytest.fixture(autouse=True)
def unswept(monkeypatch):
    monkeypatch.setattr(leftovers, "_swept", set())


def test_names_of_temporaries():
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    assert all(is_temporary(name) for name in names)
    assert not any(
        map(is_temporary, [".pivot-x.tmp", ".pivot-0123456789abcdeg.tmp", "a", ".pivot-0123456789abcdef.txt"])
    )
    assert is_temporary(temporary_name(HELD_SUFFIX))


def test_the_next_writer_removes_what_nobody_holds(work):
    held, left = (work.write(temporary_name(HELD_SUFFIX), b"x") for _ in range(2))
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_atomic(work / "a", b"x")
        assert sorted(os.listdir(work.root)) == sorted([held.name, "a"])
    assert not left.exists()


def test_what_nobody_can_hold_goes_after_a_day(work):
    old, new = temporary_name(), temporary_name()
    work.write(f"{old}/below/a", b"x")
    work.write(f"{new}/a", b"x")
    work.write("mine.tmp", b"x")
    os.utime(work / old, (0, 0))
    sweep_once(str(work.root))
    assert sorted(os.listdir(work.root)) == sorted([new, "mine.tmp"])


def test_a_directory_is_swept_once(work):
    sweep_once(str(work.root))
    left = work.write(temporary_name(HELD_SUFFIX), b"x")
    sweep_once(str(work.root))
    assert left.exists()


def test_one_that_a_sweep_took_between_two_calls_is_made_again(work, monkeypatch):
    flock = fcntl.flock
    taken = []

    def slow(descriptor, how):
        if not taken:
            taken.extend(work.root.iterdir())
            sweep_once(str(work.root))
        flock(descriptor, how)

    monkeypatch.setattr(leftovers, "_swept", {str(work.root)})
    monkeypatch.setattr("pivot_cache.atomic.fcntl.flock", slow)
    leftovers._swept.clear()
    write_atomic(work / "a", b"x")
    assert os.listdir(work.root) == ["a"]


def test_nothing_is_removed_through_a_link(work):
    work.write("kept/a", b"x")
    link = work.link(temporary_name(), "kept")
    remove_temporary(str(link))
    assert os.listdir(work.root) == ["kept"] and (work / "kept/a").exists()
