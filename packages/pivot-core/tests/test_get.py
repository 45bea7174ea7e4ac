"""What a revision had, from the cache, and where it may go."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.errors import UsageError
from pivot.get import Options, get
from pivot.given import Given
from pivot.lock import Lock, Output, lock_path, write_lock
from pivot.project import Project, create
from pivot.track import Options as TrackOptions
from pivot.track import track
from pivot.workspace import Workspace
from pivot_cache import Content


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Two revisions, v1 and v2, of an output, a metric, a directory and tracked data."""
    monkeypatch.setenv("HOME", str(tmp_path))
    project = Project(tmp_path / "project", tmp_path / "project" / "pipeline.py")
    project.root.mkdir()
    create(project)
    with Workspace(project, make=False) as workspace:
        git(workspace, "init", "-q")
        for version in ("v1", "v2"):
            commit(workspace, version)
        yield workspace


def commit(workspace: Workspace, version: str) -> None:
    root = workspace.project.root
    (root / "plots").mkdir(exist_ok=True)
    for name in ("model.bin", "score.json", "plots/a b.png", "raw.csv"):
        (root / name).write_text(f"{name} of {version}")
    list(track(workspace, TrackOptions(("raw.csv",))))
    kinds = {"model.bin": "out", "score.json": "metric", "plots/": "out"}
    outputs = {path: Output(workspace.store.save(root / path), kind) for path, kind in kinds.items()}
    write_lock(lock_path(workspace.project.home, ".", "train"), Lock("train", 1, {}, (), {}, None, {}, {}, {}, outputs))
    git(workspace, "add", "score.json", "raw.csv.pvt", ".pivot")
    git(workspace, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-m", version)
    git(workspace, "tag", version)


def git(workspace: Workspace, *words: str) -> None:
    subprocess.run(["git", *words], cwd=workspace.project.root, check=True)


def give(workspace: Workspace, *targets: str, rev: str | None = "v1", **options: object) -> list[Given]:
    return list(get(workspace, Options(targets, rev, **options)))


@pytest.mark.parametrize("name", ["model.bin", "raw.csv", "score.json", "plots/a b.png"])
def test_in_its_own_place(workspace: Workspace, name: str) -> None:
    (given,) = give(workspace, name)
    assert given.fate == "restored" and given.saved is None  # the present bytes are in the cache
    assert (workspace.project.root / name).read_text() == f"{name} of v1"
    assert [one.fate for one in give(workspace, name, rev="v2")] == ["restored"]
    assert [one.fate for one in give(workspace, name, rev="HEAD")] == ["right"]


def test_elsewhere(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "-old model"
    (given,) = give(workspace, "model.bin", output=str(out))
    assert given == Given("train", "../-old model", "restored") and out.read_text() == "model.bin of v1"
    assert (workspace.project.root / "model.bin").read_text() == "model.bin of v2"
    (tmp_path / "there").mkdir()
    give(workspace, "raw.csv", output=str(tmp_path / "there"))
    give(workspace, "train", output=str(tmp_path / "new") + "/")
    assert (tmp_path / "there/raw.csv").exists()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["model.bin", "plots", "score.json"]


def test_what_is_elsewhere_already_is_not_lost(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "notes"
    out.write_text("mine")
    assert [one.fate for one in give(workspace, "model.bin", output=str(out))] == ["edited"]
    assert out.read_text() == "mine"
    (given,) = give(workspace, "model.bin", output=str(out), force=True)
    assert given.saved is not None and out.read_text() == "model.bin of v1"
    (back,) = give(workspace, given.saved, rev=None, output=str(out), force=True)
    assert back.fate == "restored" and out.read_text() == "mine"


def test_a_directory_that_was_kept_aside(workspace: Workspace, tmp_path: Path) -> None:
    plots = workspace.project.root / "plots"
    (plots / "mine.png").write_text("mine")
    (given,) = give(workspace, "plots", force=True)
    assert not (plots / "mine.png").exists() and given.saved is not None
    give(workspace, given.saved, rev=None, output=str(tmp_path / "back"))
    assert (tmp_path / "back/mine.png").read_text() == "mine"


def test_what_the_cache_lost(workspace: Workspace) -> None:
    content = Content("file", workspace.store.save(workspace.project.root / "model.bin").digest, 0)
    (workspace.project.root / "model.bin").unlink()
    os.unlink(workspace.store.path(content.digest))
    (given,) = give(workspace, "model.bin", rev="v2")
    assert given.fate == "lost" and given.problem == f"model.bin as of v2 is not in the cache (object {content.digest})"


def test_what_git_has_needs_no_cache(workspace: Workspace) -> None:
    for oid in list(workspace.store.ids()):
        os.unlink(workspace.store.path(oid))
    assert [one.fate for one in give(workspace, "score.json")] == ["edited"]  # the present bytes are nowhere else
    (workspace.project.root / "score.json").unlink()
    assert [one.fate for one in give(workspace, "score.json")] == ["restored"]
    assert (workspace.project.root / "score.json").read_text() == "score.json of v1"


@pytest.mark.parametrize(
    ("targets", "options", "problem"),
    [
        (("modle.bin",), {}, "no record of a stage, output or tracked file 'modle.bin' in v1"),
        (("model.bin",), {"rev": "v9"}, "git knows no revision 'v9'"),
        (("model.bin",), {"rev": None}, "say of which revision"),
        (("ab" * 32,), {"rev": None}, "no place of its own"),
        (("model.bin",), {"output": ".pivot/cache/x"}, "not a place for data"),
    ],
)
def test_what_cannot_be_meant(workspace: Workspace, targets: tuple[str, ...], options: dict, problem: str) -> None:
    if "output" in options:
        options = {"output": str(workspace.project.root / options["output"])}
    if targets == ("ab" * 32,):
        targets = (workspace.store.add_bytes(b"x"),)
    with pytest.raises(UsageError) as caught:
        give(workspace, *targets, **options)
    assert problem in caught.value.problem


def test_a_record_that_was_broken_at_the_time(workspace: Workspace) -> None:
    lock_path(workspace.project.home, ".", "train").write_text("<<<<<<<")
    git(workspace, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-a", "-m", "conflict")
    with pytest.raises(UsageError, match=r"no record .* in HEAD"):
        give(workspace, "model.bin", rev="HEAD")
