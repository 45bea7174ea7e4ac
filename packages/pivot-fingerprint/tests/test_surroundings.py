"""What lies around a project may be its data, unless it belongs to the machine, to Python or to the user's tools."""

import os
import sys
from pathlib import Path

import pytest

from pivot_fingerprint.surroundings import Surroundings, relative


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("PATH", "/opt/tools/bin:/usr/bin")
    return Surroundings(("/home/ada/work/project/sub", "/home/ada/work/project"))


@pytest.mark.parametrize(
    "place", ["/home/ada/work/shared/a.json", "/home/ada/work/.env", "/home/ada/a", "/data/a.csv", "/opt/ml/input"]
)
def test_what_may_be_data(around: Surroundings, place: str) -> None:
    assert around.hold(place)


@pytest.mark.parametrize(
    "place",
    [
        "/", "/etc/hosts", "/proc/self/status", "/usr/share/zoneinfo/UTC", "/tmp/x", "/home/ada/.cache/a",
        "/opt/tools/bin/git", "/home/ada/work/.git/HEAD", "/srv/lib/site-packages/a.txt", os.__file__,
        os.path.join(sys.prefix, "pyvenv.cfg"),
    ],
)  # fmt: skip
def test_what_belongs_to_the_machine(around: Surroundings, place: str) -> None:
    assert not around.hold(place)


def test_a_project_among_the_files_of_the_machine(tmp_path: Path) -> None:
    around = Surroundings((str(tmp_path / "base" / "project"),))
    assert around.hold(str(tmp_path / "base" / "shared" / "a"))
    assert not around.hold("/tmp/a")


def test_a_project_among_the_hidden_files_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert Surroundings(("/home/ada/.work/project",)).hold("/home/ada/.work/shared/a")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ada/project/a/b", "a/b"),
        ("/home/ada/project", "."),
        ("/home/ada/shared/a", "../shared/a"),
        ("/home/eve/a", "../../eve/a"),
        ("/data/a", "/data/a"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert relative(path, "/home/ada/project") == name


def test_names_below_the_whole_disk() -> None:
    assert relative("/data/a", "/") == "data/a"
