"""A path is told by its place below a root, in the root's own spelling; what is elsewhere is no place."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot_fingerprint.places import Places


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.chdir(tmp_path)
    return Places((str(tmp_path),))


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    """The descriptor of an open directory ``data``."""
    (tmp_path / "data").mkdir()
    descriptor = os.open(tmp_path / "data", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{}/a", "a"),
        ("{}/a/b.txt", "a/b.txt"),
        ("{}/a/", "a"),
        ("{}//a", "a"),
        ("{}/./a", "a"),
        ("{}/x/../a", "a"),
        ("{}/.hidden", ".hidden"),
        ("{}/a.git", "a.git"),
        ("a", "a"),
        ("x/../a", "a"),
    ],
)
def test_below_the_root(places: Places, tmp_path: Path, given: str, expected: str) -> None:
    path = given.format(tmp_path)
    assert places.find(path) == str(tmp_path / expected)
    assert places.find(path.encode()) == str(tmp_path / expected)
    assert places.find(Path(path)) == str(tmp_path / expected)


@pytest.mark.parametrize("given", ["{}", "{}/", "{}/x/..", ".", None])
def test_the_root_itself(places: Places, tmp_path: Path, given: str | None) -> None:
    assert places.find(given and given.format(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize("given", ["/elsewhere/a", "{}x/a", "{}x", "{}/../a", "../a", "/", ""])
def test_elsewhere(places: Places, tmp_path: Path, given: str) -> None:
    found = places.find(given.format(tmp_path))
    assert found is None if given else found == str(tmp_path)


@pytest.mark.parametrize("given", [1.5, ["a"], object()])
def test_no_name(places: Places, given: object) -> None:
    assert places.find(given) is None


@pytest.mark.parametrize(
    "given",
    [".git/HEAD", ".pivot/x", "a/__pycache__/m.pyc", "lib/site-packages/m.py", "lib/dist-packages", "__pypackages__/a"],
)
def test_of_no_interest(places: Places, tmp_path: Path, given: str) -> None:
    assert places.find(given) is None
    assert places.find(str(tmp_path / given)) is None


def test_descriptors(places: Places, tmp_path: Path, directory: int) -> None:
    assert places.find(directory) == str(tmp_path / "data")
    assert places.find("a", directory) == str(tmp_path / "data" / "a")
    assert places.find("/elsewhere/a", directory) is None
    assert places.find(str(tmp_path / "b"), directory) == str(tmp_path / "b")


def test_descriptors_that_are_closed(places: Places) -> None:
    closed = os.open(".", os.O_RDONLY)
    os.close(closed)
    assert places.find(closed) is None
    assert places.find("a", closed) is None


def test_link_to_a_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    places = Places((str(tmp_path / "link"),))
    for spelling in ("link", "real"):
        assert places.find(str(tmp_path / spelling / "a")) == str(tmp_path / "link" / "a")
        assert places.find(str(tmp_path / spelling)) == str(tmp_path / "link")


def test_several_roots(tmp_path: Path) -> None:
    places = Places((str(tmp_path / "one"), str(tmp_path / "two")))
    assert places.find(str(tmp_path / "one" / "a")) == str(tmp_path / "one" / "a")
    assert places.find(str(tmp_path / "two" / "a")) == str(tmp_path / "two" / "a")
    assert places.find(str(tmp_path / "three" / "a")) is None


def test_the_whole_disk_as_a_root() -> None:
    places = Places(("/",))
    assert places.find("/elsewhere/a") == "/elsewhere/a"
    assert places.find("/") == "/"


def test_root_below_an_installed_directory(tmp_path: Path) -> None:
    root = tmp_path / "site-packages" / "project"
    assert Places((str(root),)).find(str(root / "a")) == str(root / "a")


def test_environment_below_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    places = Places((str(tmp_path),))
    assert places.find(str(tmp_path / "env" / "bin" / "tool")) is None
    assert places.find(str(tmp_path / "environment")) == str(tmp_path / "environment")
    inside = Places((str(tmp_path / "env" / "project"),))
    assert inside.find(str(tmp_path / "env" / "project" / "a")) == str(tmp_path / "env" / "project" / "a")
