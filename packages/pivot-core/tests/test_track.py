"""What may be tracked, and what is left behind when it is."""

import os
from pathlib import Path

import pytest

from pivot.errors import PivotError, UsageError
from pivot.lock import Lock, Output, lock_path, write_lock
from pivot.track import Options, track
from pivot.tracked import read_tracked, write_tracked
from pivot.workspace import Workspace
from pivot_cache import Content, LinkLeaves, ObjectId


def write(workspace: Workspace, path: str, text: str = "x") -> Path:
    file = workspace.project.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def made(workspace: Workspace, path: str, stage: str = "clean") -> None:
    output = Output(Content("file", ObjectId("ab" * 32), 5), "out")
    lock = Lock(stage, 1, {}, (), {}, None, {}, {}, {}, {path: output})
    write_lock(lock_path(workspace.project.home, ".", stage), lock)


def fate(workspace: Workspace, path: str, *, base: str = ".", force: bool = False) -> str:
    (kept,) = track(workspace, Options((path,), force, base))
    assert read_tracked(f"{workspace.project.root / kept.path}.pvt") == kept.content
    assert workspace.store.has_all(kept.content)
    return kept.fate


@pytest.mark.parametrize("name", ["data.csv", "with space", "ünï – 1", "-f", "#x", "x" * 251, "a[1]*?", "é"])
def test_a_file(workspace: Workspace, name: str) -> None:
    file = write(workspace, f"in/{name}", "1")
    assert fate(workspace, f"./{name}", base="in") == "new"
    assert fate(workspace, str(file)) == "same"
    file.write_text("2")
    assert fate(workspace, f"in/{name}") == "changed"
    assert (file.parent / ".gitignore").exists()


def test_a_directory_with_odd_things_in_it(workspace: Workspace) -> None:
    write(workspace, "raw/a\nb", "1")
    write(workspace, "raw/sub/" + "x" * 255, "2")
    os.mkdir(workspace.project.root / "raw/empty")
    os.symlink("sub", workspace.project.root / "raw/link")
    assert fate(workspace, "raw/") == "new"
    assert "/raw/" in (workspace.project.root / ".gitignore").read_text().splitlines()
    os.symlink("../../outside", workspace.project.root / "raw/leaves")
    with pytest.raises(LinkLeaves):
        fate(workspace, "raw")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("none.csv", "none.csv does not exist"),
        ("link", "link is a symbolic link"),
        ("linked/data.csv", "linked is a symbolic link"),
        ("../outside.csv", "leaves the project"),
        ("/etc/hostname", "leaves the project"),
        (".", "is the project itself"),
        (".pivot/format", "lies in .pivot"),
        ("raw/.git/config", "lies in .git"),
        ("a\nb", "has a character"),
        ("\udcff", "has a character"),
        ("raw/known.csv.pvt", "describes tracked data itself"),
        ("x" * 252, "too long"),
        ("clean.csv", "made by the stage clean"),
        ("clean.csv/part", "lies in clean.csv, which clean makes"),
        ("made", "has made/by/stage.csv in it, which late makes"),
        ("images/a.png", "lies in images, which is tracked"),
        ("raw", "has raw/known.csv in it, which is tracked itself"),
        ("raw/.gitignore", "raw/.gitignore is written by Pivot itself"),
        ("pipeline.py", "pipeline.py is code of which the pipeline is made"),
    ],
)
def test_what_cannot_be_tracked(workspace: Workspace, path: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace.project.root
    for name in (
        "pipeline.py",
        "data.csv",
        "real/data.csv",
        "raw/known.csv",
        "images/a.png",
        "made/by/stage.csv",
        "x" * 252,
        "a\nb",
    ):
        write(workspace, name)
    write(workspace, "../outside.csv")
    write(workspace, "raw/.gitignore")
    os.symlink("data.csv", root / "link")
    os.symlink("real", root / "linked")
    made(workspace, "clean.csv")
    made(workspace, "made/by/stage.csv", "late")
    write(workspace, "clean.csv" if path == "clean.csv" else "clean.csv/part")
    for tracked in ("raw/known.csv", "images"):
        write_tracked(root / f"{tracked}.pvt", Content("file", ObjectId("ab" * 32), 5))
    before = sorted(root.rglob("*"))
    with pytest.raises(PivotError) as caught:
        list(track(workspace, Options(("data.csv", path))))
    assert problem in caught.value.problem
    assert sorted(root.rglob("*")) == before  # not even the good one


def test_two_at_once_that_overlap(workspace: Workspace) -> None:
    write(workspace, "raw/a")
    with pytest.raises(UsageError, match=r"raw has raw/a in it|raw/a lies in raw"):
        list(track(workspace, Options(("raw", "raw/a"))))
    assert [one.path for one in track(workspace, Options(("raw", "raw/")))] == ["raw"]


def test_a_merge_conflict_is_replaced_only_by_force(workspace: Workspace) -> None:
    write(workspace, "data.csv")
    (workspace.project.root / "data.csv.pvt").write_text("<<<<<<< HEAD")
    with pytest.raises(UsageError) as caught:
        fate(workspace, "data.csv")
    assert "pivot track -f data.csv" in (caught.value.hint or "")
    assert fate(workspace, "data.csv", force=True) == "changed"
