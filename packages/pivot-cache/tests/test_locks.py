"""Locks exclude other processes and other holders in this one, and die with their process."""

import os
import subprocess
import sys

import pytest

from pivot_cache import DiskError, FileLock, LockTimeout, ThroughLink, try_all, wait_for

HOLD = """
import sys
from pivot_cache import FileLock
lock = FileLock(sys.argv[1])
assert lock.try_lock(sys.argv[2] == "exclusive")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(python, work):
    """Start a process that holds a lock."""

    def start(name, kind="exclusive"):
        process = python(HOLD, work / name, kind)
        assert process.stdout.readline() == "held\n", process.stderr.read()
        return process

    return start


def test_two_holders_in_one_process(work):
    one, other = FileLock(work / "l"), FileLock(work / "l")
    assert one.try_lock()
    assert one.held
    assert not other.try_lock()
    assert not other.try_lock(exclusive=False)
    assert not other.held
    one.unlock()
    one.unlock()
    assert other.try_lock()
    other.unlock()


def test_shared(work):
    one, other = FileLock(work / "l"), FileLock(work / "l")
    assert one.try_lock(exclusive=False)
    assert other.try_lock(exclusive=False)
    assert not one.try_lock(exclusive=True)  # and with that it is not held at all
    assert not one.held
    assert other.try_lock(exclusive=True)
    other.close()


def test_another_process(work, hold):
    holder = hold("l")
    lock = FileLock(work / "l")
    assert not lock.try_lock()
    with pytest.raises(LockTimeout) as caught:
        lock.lock(timeout=0.01)
    assert (caught.value.path, caught.value.seconds) == (str(work / "l"), 0.01)
    holder.communicate("")
    lock.lock(timeout=50)
    assert lock.held
    lock.unlock()


def test_a_killed_holder_does_not_block(work, hold):
    holder = hold("l")
    holder.kill()
    holder.wait()
    lock = FileLock(work / "l")
    assert lock.try_lock()
    lock.unlock()


def test_waiting_ends_when_the_holder_dies(work, hold):
    holder = hold("l")
    lock = FileLock(work / "l")
    assert not lock.try_lock()
    holder.kill()
    lock.lock()
    assert lock.held
    lock.unlock()


def test_a_program_that_is_started_does_not_inherit_it(work):
    lock = FileLock(work / "l")
    assert lock.try_lock()
    listing = "import os; print(*[os.path.realpath(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')])"
    found = subprocess.run([sys.executable, "-c", listing], stdout=subprocess.PIPE, close_fds=False, check=True)
    assert lock.path.encode() not in found.stdout
    lock.unlock()


FORK = """
import os, sys
from pivot_cache import FileLock
lock = FileLock(sys.argv[1])
lock.lock()
reader, writer = os.pipe()
if os.fork() == 0:
    os.close(writer)
    if sys.argv[2] == "unlocks":
        lock.unlock()
    print("forked", flush=True)
    os.read(reader, 1)  # until its parent ends
    os._exit(0)
sys.stdin.readline()
lock.unlock()
print("unlocked", flush=True)
sys.stdin.readline()
"""


def test_unlocking_ends_it_for_a_forked_child_too(work, python):
    parent = python(FORK, work / "l", "keeps")
    assert parent.stdout.readline() == "forked\n"
    assert not FileLock(work / "l").try_lock()
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert parent.stdout.readline() == "unlocked\n"
    lock = FileLock(work / "l")
    assert lock.try_lock()
    lock.unlock()


def test_a_forked_child_cannot_unlock_what_its_parent_holds(work, python):
    parent = python(FORK, work / "l", "unlocks")
    assert parent.stdout.readline() == "forked\n"
    assert not FileLock(work / "l").try_lock()
    parent.communicate("\n\n")


def test_all_or_nothing(work, hold):
    hold("b")
    a, b, c = (FileLock(work / name) for name in "abc")
    assert try_all([a, b, c]) is b
    assert not (a.held or b.held or c.held)
    assert try_all([a, c]) is None
    assert a.held and c.held
    for lock in (a, c):
        lock.unlock()


def test_all_of_different_kinds(work, hold):
    hold("shared", "shared")
    own, inputs = FileLock(work / "own"), FileLock(work / "shared")
    assert try_all([own, inputs], exclusive=[True, False]) is None
    own.unlock()
    inputs.unlock()
    assert try_all([own, inputs], exclusive=True) is inputs


def test_waiting_for_several_holds_none_of_them(work, hold):
    hold("b")
    a, b = FileLock(work / "a"), FileLock(work / "b")
    with pytest.raises(LockTimeout) as caught:
        wait_for([a, b], timeout=0)
    assert caught.value.path == str(work / "b")
    assert not a.held


def test_an_error_gives_back_what_was_taken(work):
    a, bad = FileLock(work / "a"), FileLock(work / "no" / "b")
    with pytest.raises(DiskError) as caught:
        try_all([a, bad])
    assert caught.value.path == str(work / "no" / "b")
    assert not a.held


def test_link_is_not_followed(work):
    work.write("secret")
    work.link("l", "secret")
    with pytest.raises(DiskError):
        FileLock(work / "l").try_lock()


def test_context(work):
    with FileLock(work / "l") as lock:
        assert lock.held
        assert not FileLock(work / "l").try_lock()
    assert not lock.held
    assert os.path.exists(work / "l")


def test_within_a_directory_what_is_missing_is_made_and_no_link_is_followed(tmp_path):
    lock = FileLock(tmp_path / "deep/er/l", within=tmp_path)
    assert lock.try_lock()
    assert not FileLock(tmp_path / "deep/er/l").try_lock()
    lock.unlock()
    (tmp_path / "outside").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "outside")
    for path in ("way/l", "way/er/l"):
        with pytest.raises(ThroughLink):
            FileLock(tmp_path / path, within=tmp_path).try_lock()
    assert not any((tmp_path / "outside").iterdir())
