"""Changes are heard of, by the real system; each test waits for what it caused, as long as that takes."""

import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.watch.files import Files, subdirectories


class Ear:
    def __init__(self) -> None:
        self.heard: queue.SimpleQueue[frozenset[str]] = queue.SimpleQueue()
        self.files = Files(self.heard.put, 5)

    def hears(self, path: Path) -> set[str]:
        """Wait until something happened to a path, and return all that was heard until then."""
        paths: set[str] = set()
        while str(path) not in paths:
            paths |= self.heard.get(timeout=50)
        return paths


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.files.close()


def test_a_write_a_rename_and_a_removal_are_heard(ear: Ear, tmp_path: Path) -> None:
    assert ear.files.watch([str(tmp_path)])
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    ear.hears(one)
    one.rename(two)
    ear.hears(two)
    two.unlink()
    ear.hears(two)


def test_below_a_directory_nothing_is_heard(ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    ear.files.watch([str(tmp_path)])
    (tmp_path / "sub" / "x").write_text("1")
    (tmp_path / "y").write_text("1")
    assert str(tmp_path / "sub" / "x") not in ear.hears(tmp_path / "y")


def test_what_is_not_there_yet_is_heard_of_when_it_comes(ear: Ear, tmp_path: Path) -> None:
    assert ear.files.watch([str(tmp_path / "a" / "b")])
    (tmp_path / "a").mkdir()
    ear.hears(tmp_path / "a")
    assert ear.files.watch([str(tmp_path / "a" / "b")])


def test_a_directory_that_was_replaced_is_watched_anew(ear: Ear, tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    ear.files.watch([str(place)])
    assert not ear.files.watch([str(place)])
    os.rename(place, tmp_path / "old")
    place.mkdir()
    assert ear.files.watch([str(place)])
    (place / "x").write_text("1")
    ear.hears(place / "x")


def test_subdirectories(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert sorted(subdirectories(str(tmp_path))) == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")]
    assert list(subdirectories(str(tmp_path / "gone"))) == [str(tmp_path / "gone")]
