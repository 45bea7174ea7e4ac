"""Nothing to do, remembered: right after each kind of change it must not be believed any more."""

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from pivot.forecast import plan
from pivot.options import Options
from pivot.standing import key as memo_key
from pivot.standing import recall
from pivot_cache import Scan
from pivot_fingerprint import Observed
from pivot_fingerprint.environment import variable_digest

STAGES = ("clean", "total")


@pytest.fixture
def settled(bench, monkeypatch: pytest.MonkeyPatch):
    """A project in which all is up to date, and every file is older than the racy window by the clock of the scans."""
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + 10**10)
    monkeypatch.setenv("LEVEL", "1")
    bench.write(extra__txt="1")
    (bench.root / "many").mkdir()
    (bench.root / "logs").mkdir()
    (bench.root / "many" / "one").touch()
    (bench.root / "tree" / "sub").mkdir(parents=True)
    (bench.root / "tree" / "sub" / "leaf").write_text("1")
    bench.edit(
        "pipeline.py",
        "    clean: Annotated[dict",
        '    tree: Annotated[object, pivot.Dep("tree/", pivot.loaders.PathOnly())],\n    clean: Annotated[dict',
    )
    root = str(bench.root)
    bench.observed["clean"] = Observed(
        reads=(f"{root}/extra.txt", f"{root}/none.txt"),
        listings=(f"{root}/many",),
        directories=(f"{root}/logs",),
        env=(("LEVEL", variable_digest("LEVEL", os.environ)),),
    )
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    assert standing(bench) == STAGES
    return bench


def standing(bench) -> tuple[str, ...] | None:
    with bench.open() as workspace:
        return workspace.standing()


def same_size_and_time(path: Path, text: str) -> None:
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap_directory(root: Path) -> None:
    (root / "tree").rename(root / "away")
    (root / "tree" / "sub").mkdir(parents=True)
    (root / "tree" / "sub" / "leaf").write_text("2")


CHANGES: dict[str, Callable[[Path], object]] = {
    "code of a helper": lambda root: (root / "helpers.py").write_text("def tidy(raw):\n    return [raw]\n"),
    "code of the pipeline": lambda root: (root / "pipeline.py").write_text("import pivot\n"),
    "a module that comes before": lambda root: (root / "helpers").mkdir() or (root / "helpers/__init__.py").touch(),
    "an input": lambda root: (root / "raw.json").write_text("[]"),
    "an input, its size and time kept": lambda root: same_size_and_time(root / "raw.json", "[]"),
    "an input replaced by a link": lambda root: (
        (root / "raw.json").unlink() or (root / "raw.json").symlink_to(root / "extra.txt")
    ),
    "an input removed": lambda root: (root / "raw.json").unlink(),
    "a file deep in an input": lambda root: (root / "tree/sub/leaf").write_text("2"),
    "another directory in its place": swap_directory,
    "an output": lambda root: (root / "clean.json").write_text("edited"),
    "an output removed": lambda root: (root / "total.json").unlink(),
    "an output made executable": lambda root: (root / "total.json").chmod(0o755),
    "a lock": lambda root: (root / ".pivot/stages/clean.lock").write_text("{}"),
    "a lock removed": lambda root: (root / ".pivot/stages/total.lock").unlink(),
    "parameters": lambda root: (root / "params.yaml").write_text("total: {factor: 3}\n"),
    "an undeclared read": lambda root: (root / "extra.txt").write_text("2"),
    "an undeclared read that was missing": lambda root: (root / "none.txt").touch(),
    "a listing": lambda root: (root / "many" / "two").touch(),
    "a directory that was asked for": lambda root: (root / "logs").rmdir(),
    "tracked data, described anew": lambda root: (root / "raw.json.pvt").touch(),
    "a result that is not committed": lambda root: shutil.copytree(root / ".pivot/stages", root / ".pivot/pending"),
    "the state database": lambda root: [path.unlink() for path in (root / ".pivot").glob("state.db*")],
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_stands_after(settled, change: str) -> None:
    CHANGES[change](settled.root)
    assert standing(settled) is None


def test_no_memo_makes_a_reader_fail(settled) -> None:
    """Each field in turn is something else."""
    with settled.open() as workspace:
        project, state = workspace.project, workspace.state
        key = memo_key(project)
        kept = state.get("standing", key)
        assert kept is not None and recall(project, state, {}) == STAGES
        facts = orjson.loads(kept)
        for value in (None, 7, "text", [], {}, [None], [[]], ["\0", "x" * 300], {"a": 1}):
            for field in range(len(facts)):
                changed = [*facts[:field], value, *facts[field + 1 :]]
                state.put("standing", key, orjson.dumps(changed))
                recall(project, state, {})
            state.put("standing", key, orjson.dumps(value))
            assert recall(project, state, {}) is None


def test_a_variable_is_part_of_it(settled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "2")
    assert standing(settled) is None
    monkeypatch.setenv("LEVEL", "1")
    assert standing(settled) == STAGES


def test_an_installed_version_is_part_of_it(settled, monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    site = tmp_path_factory.mktemp("site-packages")
    (site / "thing-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    assert standing(settled) is None
    settled.repro()
    assert standing(settled) == STAGES
    (site / "thing-1.0.dist-info").rename(site / "thing-1.1.dist-info")
    assert standing(settled) is None


def test_a_project_that_moved_is_looked_at_again(settled, tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    for path in list(tmp_path.iterdir()):
        if path.name != "moved":
            path.rename(tmp_path / "moved" / path.name)
    settled.root = tmp_path / "moved"
    assert standing(settled) is None


def test_of_files_that_were_just_written_the_content_counts(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their stamps prove nothing: within one tick of the clock another content may come to have the same."""
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() - 10**10)
    bench.repro()
    assert standing(bench) == STAGES
    raw = bench.root / "raw.json"
    before = raw.stat()
    raw.write_text("[]")
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert standing(bench) is None
    raw.write_text("{}")
    assert standing(bench) == STAGES
    raw.chmod(0o755)
    assert standing(bench) is None


def test_once_files_are_old_enough_their_stamps_count_and_nothing_is_read(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = Scan.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "clock", lambda: time.time_ns() - 10**10)
    bench.repro()
    assert standing(bench) == STAGES
    monkeypatch.setitem(defaults, "clock", lambda: time.time_ns() + 10**10)
    assert standing(bench) == STAGES
    with bench.open() as workspace:
        doubt = workspace.doubt()
    assert doubt is not None
    assert (doubt.answer.fresh, doubt.stages) == ({}, frozenset())
    monkeypatch.setattr(Scan, "content", None)
    assert standing(bench) == STAGES
    same_size_and_time(bench.root / "raw.json", "[]")
    assert standing(bench) is None
    with bench.open() as workspace:
        doubt = workspace.doubt()
    assert doubt is not None
    assert doubt.stages == {"clean"}


def test_a_run_leaves_the_answer_for_the_next_one(settled) -> None:
    settled.edit("helpers.py", "return raw", "return 7")
    assert settled.repro().actions == {"clean": "run", "total": "skip"}
    assert standing(settled) == STAGES


def test_what_failed_after_an_edit_does_not_count_for_what_was_before(settled) -> None:
    """The answer for the new code may not be taken for the old one, whose locks and outputs are still there."""
    settled.edit("helpers.py", "return 1", "return 2")
    with settled.open() as workspace:
        _, planned = plan(workspace, Options())
        assert [step.decision.action for step in planned.steps] == ["skip", "run"]
    assert standing(settled) is None


def test_a_plan_of_some_stages_says_nothing_of_all(settled) -> None:
    settled.write(raw__json="[1]")
    with settled.open() as workspace:
        plan(workspace, Options(("total",), alone=True))
    assert standing(settled) is None


def test_a_result_that_is_not_committed_is_more_than_up_to_date(settled) -> None:
    shutil.copytree(settled.root / ".pivot/stages", settled.root / ".pivot/pending")
    assert settled.repro().actions == {"clean": "skip", "total": "skip"}
    assert standing(settled) is None


def test_whoever_found_that_stamps_lie_is_heard(settled) -> None:
    """As after a check of a cache whose objects are linked into the work tree."""
    with settled.open() as workspace:
        Scan(workspace.state).distrust(settled.root / "clean.json")
    assert standing(settled) is None


def test_a_change_that_means_nothing_is_forgotten_by_the_next_look(settled) -> None:
    (settled.root / "raw.json").touch()
    assert standing(settled) is None
    assert settled.repro().actions == {"clean": "skip", "total": "skip"}
    assert standing(settled) == STAGES


def test_another_manifest_from_the_same_files_counts(settled) -> None:
    path = settled.root / ".pivot/state.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("delete from fact where space = 'manifest'")
    assert standing(settled) is None
