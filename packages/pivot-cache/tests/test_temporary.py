"""Temporaries of the living are left alone, those of the dead are removed."""

import fcntl
import os

import pytest

from pivot_cache import DiskError
from pivot_cache import temporary as module
from pivot_cache.leftovers import remove_temporary
from pivot_cache.temporary import Temporaries

WRITE = """
import os, sys
from pivot_cache.temporary import Temporaries
temporaries = Temporaries(sys.argv[1])
path = temporaries.path()
open(path, "w").close()
print(path, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "tmp"


def test_fresh_paths_in_one_directory(directory):
    temporaries = Temporaries(str(directory))
    assert not directory.exists()
    paths = [temporaries.path() for _ in range(10)]
    assert len(set(paths)) == 10
    assert {os.path.dirname(os.path.dirname(path)) for path in paths} == {str(directory)}
    assert len(os.listdir(directory)) == 1


def test_close_removes_all_and_path_begins_again(directory):
    temporaries = Temporaries(str(directory))
    path = temporaries.path()
    os.mkdir(path)
    open(path + "/file", "w").close()
    os.symlink("/", temporaries.path())
    temporaries.close()
    temporaries.close()
    assert os.listdir(directory) == []
    assert temporaries.path() != path
    del temporaries
    assert os.listdir(directory) == []


def test_those_of_a_living_process_are_left_alone(directory, python):
    other = python(WRITE, directory)
    path = other.stdout.readline().strip()
    temporaries = Temporaries(str(directory))
    temporaries.path()
    assert os.path.exists(path)
    other.communicate("\n")


def test_those_of_a_killed_process_are_removed(directory, python):
    other = python(WRITE, directory)
    path = other.stdout.readline().strip()
    other.kill()
    other.wait()
    assert os.path.exists(path)
    temporaries = Temporaries(str(directory))
    temporaries.path()
    assert len(os.listdir(directory)) == 1
    assert not os.path.exists(path)


FORK = """
import os, sys
from pivot_cache.temporary import Temporaries
temporaries = Temporaries(sys.argv[1])
path = temporaries.path()
open(path, "w").close()
child = os.fork()
if child == 0:
    other = temporaries.path()
    print(os.path.dirname(other) != os.path.dirname(path), flush=True)
    temporaries.close()
    sys.exit(0)
os.waitpid(child, 0)
print(os.path.exists(path), flush=True)
"""


def test_a_forked_child_has_its_own(directory, python):
    out, err = python(FORK, directory).communicate(timeout=50)
    assert out == "True\nTrue\n", err


def test_without_flock_only_what_is_old_is_removed(directory, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(38, "not implemented")

    for name, age in (("new", 0), ("old", 100_000)):
        (directory / name).mkdir(parents=True)
        status = os.stat(directory)
        os.utime(directory / name, (0, status.st_mtime - age))
    monkeypatch.setattr(fcntl, "flock", refuse)
    temporaries = Temporaries(str(directory))
    temporaries.path()
    assert "new" in os.listdir(directory)
    assert "old" not in os.listdir(directory)


def test_a_directory_that_a_sweep_took_is_given_up(directory, monkeypatch):
    directory.mkdir()
    hold = module._hold
    taken = []

    def lose_the_first(path):
        if not taken:
            taken.append(path)
            os.rmdir(path)
        return hold(path)

    monkeypatch.setattr(module, "_hold", lose_the_first)
    path = Temporaries(str(directory)).path()
    assert os.path.dirname(path) not in taken


def test_other_files_are_left_alone(directory):
    directory.mkdir()
    (directory / "file").write_text("")
    (directory / "link").symlink_to("/")
    Temporaries(str(directory)).path()
    assert {"file", "link"} < set(os.listdir(directory)) | {""}
    assert os.path.exists("/etc")


def test_nowhere_to_write(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError):
        Temporaries(str(tmp_path / "file")).path()


def test_remove_does_not_follow_links(tmp_path):
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep/file").write_text("")
    (tmp_path / "t").mkdir()
    (tmp_path / "t/link").symlink_to(tmp_path / "keep")
    remove_temporary(str(tmp_path / "t"))
    remove_temporary(str(tmp_path / "t"))
    assert os.listdir(tmp_path) == ["keep"]
    assert os.listdir(tmp_path / "keep") == ["file"]
