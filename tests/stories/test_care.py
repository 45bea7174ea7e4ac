"""Care of the cache: damage is found and mended, what nobody needs goes, and strangers do no harm."""

import json
import os
import time
from pathlib import Path

import pytest

from workbench import Project

PIPELINE = """
    import os
    import pathlib
    from typing import Annotated

    import pivot

    Text = pivot.loaders.Text


    def make(seed: Annotated[str, pivot.Dep("seed.txt", Text())]) -> Annotated[str, pivot.Out("made.txt", Text())]:
        print("seed is", seed)
        os.environ.get("API_TOKEN")
        return seed.strip() * 3


    def use(made: Annotated[str, pivot.Dep("made.txt", Text())]) -> Annotated[str, pivot.Out("used.txt", Text())]:
        return made.upper()


    pipeline = pivot.Pipeline("care")
    pipeline.register(make)
    pipeline.register(use)
"""


@pytest.fixture
def care(project: Project) -> Project:
    project.write({"pipeline.py": PIPELINE, "seed.txt": "one\n"})
    project.run("repro")
    return project


def objects(project: Project) -> list[Path]:
    return [path for path in (project.path / ".pivot/cache/objects").rglob("*") if path.is_file()]


def git(project: Project, *words: str) -> str:
    return project.execute("git", "-c", "user.name=a", "-c", "user.email=a@b", *words).stdout.strip()


def make_old(project: Project) -> None:
    """Have everything in the cache be a month old."""
    then = time.time() - 30 * 86_400
    for path in (project.path / ".pivot/cache").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


@pytest.mark.parametrize("mode", ["hardlink", "symlink", "copy"])
def test_an_edit_through_a_link_into_the_cache_is_found_and_undone(care: Project, mode: str) -> None:
    (care.path / "made.txt").unlink()
    care.run("checkout", "--checkout-mode", mode)
    assert care.run("fsck", "--read-data").code == 0
    edited = (
        care.path / "made.txt" if mode != "copy" else next(p for p in objects(care) if p.read_text() == "oneoneone")
    )
    edited.chmod(0o644)
    edited.write_text("onetwoone")
    assert "made.txt of make" in care.run("fsck", code=1).stderr
    repaired = care.run("fsck", "--repair", code=0 if mode == "copy" else 1)
    assert "moved to .pivot/cache/quarantine/" in repaired.stderr
    care.run("repro")
    assert (care.read("made.txt"), care.read("used.txt")) == ("oneoneone", "ONEONEONE")
    care.run("fsck", "--read-data")
    assert "up to date" in care.run("repro").stdout


def test_every_branch_can_be_checked_out_after_a_collection(care: Project) -> None:
    git(care, "init", "-q", "-b", "main")
    git(care, "add", "-A")
    git(care, "commit", "-q", "-m", "one")
    git(care, "switch", "-q", "-c", "other")
    care.write({"seed.txt": "two\n"})
    care.run("repro")
    git(care, "commit", "-q", "-a", "-m", "two")
    care.write({"seed.txt": "three\n"})
    care.run("repro")
    git(care, "stash", "-q")
    care.write({"seed.txt": "four\n"})
    care.run("repro")
    git(care, "checkout", "-q", ".")
    care.run("config", "set", "gc.runs", "0")
    make_old(care)
    planned = json.loads(care.run("gc", "--json").stdout)
    assert (planned["remove"]["objects"], planned["remove"]["traces"]) == (2, 2)
    before = len(objects(care))
    care.run("gc", "--yes")
    assert len(objects(care)) == before - 2
    git(care, "add", "-A")
    git(care, "commit", "-q", "-m", "settings")
    for where, made in (("main", "ONEONEONE"), ("other", "TWOTWOTWO"), ("stash@{0}", "THREETHREETHREE")):
        git(care, "checkout", "-q", "--detach", where)
        care.run("checkout", "-f")
        assert care.read("used.txt") == made
        care.run("fsck", "--read-data")
    git(care, "switch", "-q", "other")
    care.write({"seed.txt": "four\n"})
    assert "2 ran" in care.run("repro").stdout  # slower, and right
    assert care.read("used.txt") == "FOURFOURFOUR"


@pytest.mark.parametrize(
    "place", ["seed.txt", "made.txt", ".pivot/stages/make.lock", ".pivot/config.toml", ".gitignore"]
)
def test_a_fifo_in_place_of_a_file_is_waited_for_by_nobody(care: Project, place: str) -> None:
    (care.path / place).unlink(missing_ok=True)
    os.mkfifo(care.path / place)
    for words in (("repro",), ("status",), ("checkout",), ("fsck", "--repair"), ("gc",), ("doctor",)):
        outcome = care.run(*words, code=None, timeout=40)
        assert "Traceback" not in outcome.stderr, outcome
        assert outcome.code in (0, 1, 3, 4), outcome
    (care.path / place).unlink(missing_ok=True)
    care.write({"seed.txt": "one\n"})
    care.run("repro")
    assert care.read("used.txt") == "ONEONEONE"


@pytest.mark.parametrize("place", [".pivot/stages/make.lock", ".pivot/state.db", "object", "trace"])
def test_a_hundred_megabytes_of_garbage_cost_a_run_at_most(care: Project, place: str) -> None:
    target = care.path / place
    if place == "object":
        target = next(path for path in objects(care) if path.read_text() == "oneoneone")
        (care.path / "made.txt").unlink()
    elif place == "trace":
        target = next(path for path in (care.path / ".pivot/cache/runs").rglob("*") if path.is_file())
    target.unlink()
    with target.open("wb") as file:
        file.write(os.urandom(1 << 20) * 100)
    care.run("repro")
    assert care.read("used.txt") == "ONEONEONE"
    assert "up to date" in care.run("repro").stdout


def test_a_value_of_the_environment_is_nowhere_in_clear(care: Project) -> None:
    care.write({"seed.txt": "other\n"})
    care.run("repro", env={"API_TOKEN": "hunter22hunter22"})
    files = [path for path in care.path.rglob("*") if path.is_file()]
    assert [str(path) for path in files if b"hunter22" in path.read_bytes()] == []
    logs = [path for path in (care.path / ".pivot/logs").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in logs} == {0o600}
    assert care.run("doctor", "-q", code=None).stderr.count("Secrets") == 0


def test_fast_is_said(care: Project) -> None:
    assert "nothing waits" not in care.run("doctor", code=None).stdout
    care.run("config", "set", "durability", "fast")
    assert "fast: nothing waits for the disk" in care.run("doctor", code=None).stdout
    care.run("repro", "-f")
    care.run("fsck", "--read-data")


def test_none_of_these_reads_the_pipeline(care: Project) -> None:
    care.write({"pipeline.py": "open('imported', 'w')\nraise SystemExit(1)\n"})
    for words in (("fsck",), ("fsck", "--read-data", "--repair"), ("gc",), ("gc", "--yes"), ("doctor",)):
        care.run(*words, code=None)
    assert not care.exists("imported")
