"""Garbage in any of Pivot's files, a disk that is full or read-only: one line at most, and the next run is right."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.scenes import Scene, sampled
from faults.twenty import Result, Twenty, check_cache, check_recovery, check_same, make
from workbench import wait_until

GARBAGE = {
    "noise": lambda path: path.write_bytes(os.urandom(5000)),
    "nothing": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "directory": lambda path: (path.unlink(), path.mkdir()),
    "fifo": lambda path: (path.unlink(), os.mkfifo(path)),
    "link": lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
}
DATA = ("noise", "nothing", "half")


def spoil(project: Twenty, pattern: str, how: str) -> None:
    paths = sorted((project.path / ".pivot").glob(pattern))
    assert paths
    for path in paths:
        path.chmod(0o644)
        GARBAGE[how](path)


@pytest.fixture
def done(scenes: Callable[[str], Scene], tmp_path: Path) -> tuple[Twenty, Result]:
    """A project that is up to date."""
    about = scenes("first run")
    project = about.copy(tmp_path / "trial")
    project.run("repro")
    project.ran()
    return project, about.expected


@pytest.mark.parametrize("how", sampled([*DATA, "directory", "fifo"], 2))
def test_the_state_database_costs_time_only(done: tuple[Twenty, Result], how: str) -> None:
    project, expected = done
    spoil(project, "state.db", how)
    outcome = project.run("repro")
    assert project.ran() == []
    check_same(Result.of(project), expected, outcome)


@pytest.mark.parametrize("how", sampled(GARBAGE, 2))
def test_a_record_that_is_damaged_is_none(done: tuple[Twenty, Result], how: str) -> None:
    """What is known of it from elsewhere, the traces of the cache, is enough; and nothing outside is touched."""
    project, expected = done
    before = Path("/etc/passwd").read_bytes()
    spoil(project, "stages/p*.lock", how)
    said = project.run("status").text
    assert "up to date" in said  # the other stages
    if how == "directory":  # it stays where a file is to be
        outcome = project.run("repro", code=1)
        assert "Traceback" not in outcome.text and "is a directory" in outcome.text.lower(), str(outcome)
        for path in (project.path / ".pivot/stages").glob("p*.lock"):
            path.rmdir()
    outcome = project.run("repro")
    assert project.ran() == []
    check_same(Result.of(project), expected, outcome)
    assert Path("/etc/passwd").read_bytes() == before


@pytest.mark.parametrize("how", sampled(GARBAGE, 2))
def test_objects_that_are_damaged_are_made_again(done: tuple[Twenty, Result], how: str) -> None:
    """Where their bytes are needed: outputs that are lost, too."""
    project, expected = done
    spoil(project, "cache/objects/*/*", how)
    for name in ("total.json", "pair", "tree"):
        place = project.path / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    outcome = project.run("repro")
    found = Result.of(project)
    assert found.outputs == expected.outputs and found.locks == expected.locks, str(outcome)
    assert "up to date" in project.run("repro").stdout


@pytest.mark.parametrize("how", sampled(GARBAGE, 2))
def test_traces_that_are_damaged_are_none(done: tuple[Twenty, Result], how: str) -> None:
    project, expected = done
    spoil(project, "cache/runs/*/*", how)
    project.change()
    project.change_back()
    shutil.rmtree(project.path / ".pivot/stages")
    outcome = project.run("repro")
    check_same(Result.of(project), expected, outcome)


@pytest.mark.parametrize("how", sampled(["noise", "half", "directory", "fifo"], 2))
def test_settings_that_cannot_be_read_are_said_with_their_place(done: tuple[Twenty, Result], how: str) -> None:
    project, _ = done
    project.run("config", "set", "core.jobs", "2")
    if how == "half":
        project.write({".pivot/config.toml": "[core\njobs = 2\n"})
    else:
        spoil(project, "config.toml", how)
    for command in ("repro", "status"):
        outcome = project.run(command, code=None)
        assert outcome.code in (3, 4) and "config.toml" in outcome.stderr, str(outcome)
        assert outcome.stderr.startswith("Error: ") and "Traceback" not in outcome.stderr
    config = project.path / ".pivot/config.toml"
    config.rmdir() if config.is_dir() else config.unlink()
    assert "up to date" in project.run("repro").stdout


@pytest.mark.parametrize("name", [".pivot/format", ".pivot/cache/format"])
@pytest.mark.parametrize("how", sampled(["noise", "nothing", "directory"], 2))
def test_a_format_that_cannot_be_read(done: tuple[Twenty, Result], name: str, how: str) -> None:
    project, _ = done
    project.change()
    spoil(project, name.removeprefix(".pivot/"), how)
    outcome = project.run("repro", code=None)
    assert outcome.code in (0, 1, 4) and "Traceback" not in outcome.text, str(outcome)
    if outcome.code:
        assert "format" in outcome.stderr
        path = project.path / name
        path.rmdir() if path.is_dir() else path.unlink()
        path.write_text("1\n")
        project.run("repro")
    assert "up to date" in project.run("repro").stdout


@pytest.mark.parametrize("error", ["EROFS", "EACCES"])
@pytest.mark.parametrize("scene", ["first run", "after an edit"])
def test_where_nothing_can_be_written(scenes: Callable[[str], Scene], tmp_path: Path, scene: str, error: str) -> None:
    about = scenes(scene)
    project = about.copy(tmp_path / "trial")
    before = dict(Result.of(project).outputs)
    outcome = project.run_with(f"{error}:1-", code=4 if scene == "first run" else 1)
    assert "Traceback" not in outcome.text
    assert outcome.stderr.count("cannot ") == 1, str(outcome)
    assert Result.of(project).outputs == before
    check_recovery(project, about.expected)


@pytest.mark.parametrize("words", [("checkout",), ("commit", "split", "tree"), ("fsck", "--repair")])
def test_where_nothing_has_to_be_written_nothing_is(done: tuple[Twenty, Result], words: tuple[str, ...]) -> None:
    """Nor where a lock was never taken: git has none of the files for that."""
    project, _ = done
    shutil.rmtree(project.path / ".pivot" / "locks")
    (project.path / ".pivot" / "cache" / "lock").unlink()
    project.run_with("EROFS:1-", *words, code=0)


def test_looking_writes_nothing(done: tuple[Twenty, Result]) -> None:
    project, _ = done
    for command in ("status", "list", "checkout"):
        project.run_with("EROFS:1-", command, code=0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, of which one is left."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", place]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield place
    wait_until(lambda: subprocess.run(["umount", place], capture_output=True, check=False).returncode == 0)


@pytest.mark.parametrize("where", ["cache", "project"])
def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path, where: str) -> None:
    """Whether the cache alone is on it, or all of the project, with the state database and what stages write."""
    fresh = make(tmp_path / "fresh")
    fresh.run("repro")
    project = make(tmp_path / "trial")
    if where == "cache":
        project.run("init")
        project.run("config", "set", "--local", "cache.dir", str(small_disk / "cache"))
    else:
        shutil.copytree(project.path, small_disk / "project")
        project.path = small_disk / "project"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (3 << 20))
    outcome = project.run("repro", "-k", code=1)
    assert "no space left on device" in outcome.text.lower() and "Traceback (most" not in outcome.stdout, str(outcome)
    assert "This is a bug" not in outcome.text
    assert " large@1 " in outcome.stderr
    if where == "project":
        check_cache(project)
        (small_disk / "ballast").unlink()
        assert project.run("repro", code=None).code in (0, 1)
        subprocess.run(["mount", "-o", "remount,size=50m", small_disk], check=True)
    else:
        ballast.unlink()
    outcome = project.run("repro")
    found, expected = Result.of(project), Result.of(fresh)
    assert found.outputs == expected.outputs and found.locks == expected.locks, str(outcome)
    assert "up to date" in project.run("repro").stdout
