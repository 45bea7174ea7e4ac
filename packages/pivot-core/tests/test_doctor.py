"""Each thing that could go wrong is seen and comes with advice; a healthy machine has none; nothing changes."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pivot import doctor
from pivot.doctor import Sign, examine
from pivot_cache import DiskError
from pivot_cache.probe import Abilities

GOOD = Abilities(same=True, reflink=True, hardlink=True, flock=True, tick=1e-9, ahead=0.0)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setattr(doctor, "LITTLE", 0)


def signs(project: Any, verdict: str = "problem") -> list[Sign]:
    with project.open() as workspace:
        return [sign for sign in examine(workspace) if sign.verdict == verdict]


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mode, path.lstat().st_size) for path in root.rglob("*")}


def test_a_healthy_project(done: Any) -> None:
    before = snapshot(done.root)
    assert signs(done) == []
    assert snapshot(done.root) == before
    assert {sign.name for sign in signs(done, "fine")} >= {
        "Python",
        "Locks",
        "Clock",
        "Durability",
        "Cache",
        "Secrets",
        "Git",
    }


def test_before_there_is_a_cache(kept: Any) -> None:
    assert signs(kept) == []
    assert not (kept.home / "cache").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flock": False}, "flock does not work"),
        ({"ahead": 5.0}, "5 s ahead of that of this machine"),
        ({"ahead": -5.0}, "5 s behind that of this machine"),
    ],
)
def test_poor_file_systems(done: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], words: str) -> None:
    monkeypatch.setattr(doctor, "probe", lambda *places: GOOD._replace(**change))
    (sign,) = signs(done)
    assert words in sign.found
    assert sign.advice


def test_what_is_only_worth_knowing(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (done.home / "config.toml").write_text('durability = "fast"\n')
    monkeypatch.setattr(doctor, "probe", lambda *places: GOOD._replace(same=False, hardlink=False, tick=1.0))
    assert signs(done) == []
    notes = " ".join(sign.found for sign in signs(done, "note"))
    assert "fast: nothing waits for the disk" in notes
    assert "on another file system" in notes
    assert "exact to 1000000000 ns" in notes
    (done.home / "config.toml").write_text('[cache]\ncheckout_mode = "hardlink"\n')
    assert [sign.name for sign in signs(done)] == ["Sharing"]


def test_where_nothing_can_be_written(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*places: str) -> Abilities:
        raise DiskError("write", places[0], 30)

    monkeypatch.setattr(doctor, "probe", refuse)
    assert [sign.name for sign in signs(done)] == ["File system"]


def test_little_space(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE", 1 << 62)
    assert [(sign.name, "pivot gc" in sign.advice) for sign in signs(done)] == [("Space (project)", True)]


def test_clocks(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 10**6
    os.utime(done.home / "stages" / "clean.lock", (later, later))
    (sign,) = signs(done)
    assert "clean.lock was written in the future" in sign.found
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert any("it says" in sign.found for sign in signs(done))


def test_objects_that_can_be_written_to_and_links_to_them(done: Any) -> None:
    place = done.object_of("clean.json")
    place.chmod(0o644)
    (sign,) = signs(done)
    assert sign.found == "1 of its objects can be written to"
    for link in (os.link, os.symlink):
        (done.root / "clean.json").unlink()
        link(place, done.root / "clean.json")
        assert [sign.found for sign in signs(done)][1:] == ["clean.json is a link into the cache and can be written to"]


def test_a_file_of_a_directory_that_is_such_a_link(kept: Any) -> None:
    kept.write("data/deep/a", "a")
    kept.record("make", "data/")
    place = kept.object_of("data/deep/a")
    place.chmod(0o644)
    (kept.root / "data/deep/a").unlink()
    os.link(place, kept.root / "data/deep/a")
    assert signs(kept)[1].found.startswith("data/deep/a is a link")


def test_a_cache_that_everybody_may_change(done: Any) -> None:
    (done.home / "cache").chmod(0o777)
    (sign,) = signs(done)
    assert "everybody may remove" in sign.found
    (done.home / "cache").chmod(0o1777)
    assert signs(done) == []


def test_a_shared_cache_is_worth_knowing(kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIVOT_CACHE_DIR", str(tmp_path / "shared"))
    kept.write("a", "a")
    kept.record("make", "a")
    assert any("--all-projects" in sign.found for sign in signs(kept, "note"))


@pytest.mark.parametrize(
    "place", ["project/.pivot/logs/train.log", "project/.pivot/stages/x", "settings/pivot/config.toml"]
)
def test_key_shaped_strings_are_said_and_not_shown(kept: Any, tmp_path: Path, place: str) -> None:
    key = "AKIA" + "ABCDEFGHIJ234567"
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"# {key}\n")
    (sign,) = signs(kept)
    assert "an AWS access key" in sign.found
    assert key not in str(sign)


def test_what_lies_in_the_cache_is_the_users(kept: Any) -> None:
    kept.write("a", "AKIA" + "ABCDEFGHIJ234567")
    kept.record("make", "a")
    assert signs(kept) == []


def test_logs_that_others_can_read(kept: Any) -> None:
    kept.write(".pivot/logs/sub/train.log", "x").chmod(0o644)
    (sign,) = signs(kept)
    assert sign.found == "1 log can be read by others"


def test_what_git_should_not_have(kept: Any) -> None:
    kept.write(".pivot/config.local.toml", "")
    for words in (["init", "-q"], ["add", "-f", ".pivot"]):
        subprocess.run(["git", *words], cwd=kept.root, check=True)
    (sign,) = signs(kept)
    assert ".pivot/config.local.toml is in git" in sign.found
