"""What is watched for a real project."""

import os
import shutil
from typing import Any

import pytest

from pivot.errors import PipelineFailed
from pivot.forecast import plan
from pivot.options import Options
from pivot.project import discover
from pivot.watch import field as watched
from pivot.watch.field import Field
from pivot.watch.messages import Changed


class Listener:
    """Stands in for the system's events; says what was to be listened to."""

    def __init__(self, *_: object) -> None:
        self.directories: set[str] = set()

    def watch(self, directories: Any) -> bool:
        before, self.directories = self.directories, set(directories)
        return before != self.directories


@pytest.fixture
def field(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Field:
    monkeypatch.setattr(watched, "Files", Listener)
    made = Field(discover(bench.root), lambda _: None, 1)
    settle(bench, made)
    return made


def settle(bench: Any, field: Field) -> None:
    with bench.open() as workspace:
        field.settle(workspace, plan(workspace, Options())[0])


def sort(bench: Any, field: Field, *names: str) -> tuple[set[str], set[str]]:
    edits, own = field.sort(str(bench.root / name) for name in names)
    return set(field.shown(edits)), set(field.shown(own))


def test_sources_inputs_parameters_and_settings_are_edits_outputs_are_not(bench: Any, field: Field) -> None:
    edits = {"pipeline.py", "helpers.py", "raw.json", "params.yaml", ".pivot/config.toml", ".pivotignore"}
    own = {"clean.json", "total.json", ".pivot/stages/total.lock"}
    assert sort(bench, field, *edits, *own, "README.md", ".pivot/state.db", ".gitignore") == (edits, own)
    assert field.size >= len(edits)


def test_a_new_module_and_a_new_package(bench: Any, field: Field) -> None:
    (bench.root / "package").mkdir()
    bench.write(data="1")
    assert sort(bench, field, "new.py", "package", "data") == ({"new.py", "package"}, set())


def test_what_is_ignored_is_no_concern(bench: Any, field: Field) -> None:
    bench.write(__pivotignore="scratch_*.py\n")
    settle(bench, field)
    assert sort(bench, field, "scratch_1.py", "helpers.py") == ({"helpers.py"}, set())


def test_undeclared_reads_count(bench: Any, field: Field) -> None:
    from pivot_fingerprint import Observed

    bench.write(extra__txt="1")
    bench.observed["total"] = Observed(reads=(str(bench.root / "extra.txt"),), listings=(str(bench.root / "lists"),))
    (bench.root / "lists").mkdir()
    assert sort(bench, field, "extra.txt") == (set(), set())
    bench.repro()
    settle(bench, field)
    assert sort(bench, field, "extra.txt", "lists/new") == ({"extra.txt", "lists/new"}, set())


def test_all_below_a_directory_that_is_an_input_is_watched(bench: Any, field: Field) -> None:
    bench.edit("pipeline.py", '"raw.json", JSON()', '"raw/", pivot.loaders.PathOnly()')
    (bench.root / "raw" / "deep").mkdir(parents=True)
    settle(bench, field)
    listener: Any = field._files
    assert str(bench.root / "raw" / "deep") in listener.directories
    os.mkdir(bench.root / "raw" / "new")
    assert sort(bench, field, "raw/new") == ({"raw/new"}, set())
    settle(bench, field)
    assert str(bench.root / "raw" / "new") in listener.directories


def test_whoever_begins_to_listen_looks_again(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "Files", Listener)
    posted: list[Changed] = []
    one = Field(discover(bench.root), posted.append, 1)
    settle(bench, one)
    settle(bench, one)
    assert posted == [Changed(frozenset())]


def test_without_a_plan_anything_may_mend_it(bench: Any, field: Field) -> None:
    for name in ("deep/er", "env", ".hidden", "node_modules"):
        (bench.root / name).mkdir(parents=True)
    (bench.root / "env" / "pyvenv.cfg").touch()
    field.settle_unplanned(PipelineFailed("no", file="far/away.py"))
    edits = {"deep/er/config.txt", "README.md", "far/away.py"}
    assert sort(bench, field, *edits, "env/x", ".hidden/x", "node_modules/x", "clean.json") == (edits, {"clean.json"})
    settle(bench, field)
    assert sort(bench, field, "README.md") == (set(), set())


def test_git_is_busy_while_its_lock_is_there(bench: Any, field: Field) -> None:
    assert not field.git_is_busy()
    lock = bench.root / ".git" / "index.lock"
    lock.parent.mkdir()
    lock.touch()
    assert field.git_is_busy()
    os.utime(lock, (1, 1))  # it was left behind
    assert not field.git_is_busy()


@pytest.mark.parametrize("linked", [False, True])
def test_the_project_may_be_below_the_root_of_git_or_in_a_linked_work_tree(
    bench: Any, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    monkeypatch.setattr(watched, "Files", Listener)
    git = bench.root.parent / ("elsewhere" if linked else ".git")
    git.mkdir()
    if linked:
        (bench.root.parent / ".git").write_text("gitdir: elsewhere\n")
    try:
        field = Field(discover(bench.root), lambda _: None, 1)
        (git / "index.lock").touch()
        assert field.git_is_busy()
    finally:
        shutil.rmtree(git)
        (bench.root.parent / ".git").unlink(missing_ok=True)
