"""Nothing that is needed goes, whatever happened before; and what goes is what the plan said."""

import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pivot import checkout
from pivot.collect import Plan, collect
from pivot.errors import StorageError
from pivot.fsck import fsck
from pivot.tracked import write_tracked
from pivot_cache import LocalStore, hash_bytes

LATER = 15 * 86_400


def gc(project: Any, *, after: float = LATER, **options: Any) -> Plan:
    with project.open() as workspace:
        return collect(workspace, now=lambda: time.time() + after, **options)


def names(project: Any) -> set[str]:
    with project.open() as workspace:
        return set(workspace.store.ids())


def why(plan: Plan) -> dict[str, int]:
    return {stay.why: stay.objects for stay in plan.stays}


def set_setting(project: Any, text: str) -> None:
    (project.home / "config.toml").write_text(text)


def test_nothing_to_collect(kept: Any, done: Any) -> None:
    plan = gc(done)
    assert (plan.objects, plan.bytes, plan.oldest, plan.traces, why(plan)) == ((), 0, None, 0, {"work tree": 2})


def test_before_there_is_a_cache(kept: Any) -> None:
    assert gc(kept, act=True).objects == ()
    assert not (kept.home / "cache").exists()


def replace(project: Any, count: int = 1) -> None:
    """Let ``clean`` make something else so many times, in an order that its traces show."""
    for number in range(count):
        project.write("clean.json", f"made again, {number}")
        project.record("clean", "clean.json")
        for path in (project.home / "cache" / "runs").rglob("*/*"):
            if path.stat().st_mtime > time.time() - 1000:
                os.utime(path, (time.time() - 10_000 + number,) * 2)


def test_a_plan_removes_nothing_and_acting_removes_what_it_said(done: Any) -> None:
    set_setting(done, "[gc]\nruns = 0\n")
    replace(done)
    before = names(done)
    plan = gc(done)
    assert (plan.objects, plan.traces, plan.done) == ((hash_bytes(b"made by clean"),), 1, False)
    assert plan.bytes == len("made by clean")
    assert plan.oldest == pytest.approx(time.time(), abs=600)
    assert names(done) == before
    acted = gc(done, act=True)
    assert acted == plan._replace(done=True)
    assert names(done) == before - set(plan.objects)
    with done.open() as workspace:
        assert fsck(workspace, "100%").findings == ()
        assert len(list(workspace.runs.keys())) == 2


def test_the_young_stay_with_all_that_they_name(done: Any) -> None:
    set_setting(done, "[gc]\nruns = 0\n")
    replace(done)
    assert gc(done, after=13 * 86_400).objects == ()
    with done.open() as workspace:
        (done.root / "data").mkdir()
        done.write("data/a.txt", "made by clean")  # an old object in a new directory that no record names
        workspace.store.save(done.root / "data")
        old = workspace.store.path(hash_bytes(b"made by clean"))
    long_ago = time.time() - 10**7
    for path in [old, *(done.home / "cache" / "runs").rglob("*/*")]:
        os.utime(path, (long_ago, long_ago))
    plan = gc(done, after=0)
    assert plan.objects == ()
    assert why(plan)["young"] >= 2


def test_the_last_runs_of_each_stage_stay(done: Any) -> None:
    replace(done, 4)
    for runs, left in ((10, 4), (3, 2), (1, 0)):
        set_setting(done, f"[gc]\nruns = {runs}\n")
        assert why(gc(done)).get("runs", 0) == left
    plan = gc(done, act=True)
    assert hash_bytes(b"made again, 3") in names(done)
    assert plan.traces == 4


@pytest.mark.parametrize("pattern", ["clean", "*.json", "x, clea*"])
def test_what_is_to_be_kept(done: Any, pattern: str) -> None:
    replace(done, 2)
    set_setting(done, f'[gc]\nruns = 0\nkeep = "{pattern}"\n')
    plan = gc(done)
    assert plan.objects == ()
    assert why(plan)["keep"] == 2


def test_a_torn_record_still_keeps_what_it_names(done: Any) -> None:
    set_setting(done, "[gc]\nruns = 0\n")
    lock = done.home / "stages" / "clean.lock"
    lock.write_text("<<<<<<< ours\n" + lock.read_text() + "=======\n")
    assert gc(done).objects == ()


def test_a_link_into_the_cache_keeps_its_object(done: Any) -> None:
    set_setting(done, "[gc]\nruns = 0\n")
    place = done.object_of("clean.json")
    (done.root / "clean.json").unlink()
    (done.root / "clean.json").symlink_to(place)
    (done.home / "stages" / "clean.lock").unlink()
    assert gc(done).objects == ()


def test_who_is_at_work_is_not_disturbed(done: Any) -> None:
    store = LocalStore(done.home / "cache")
    store.hold()
    with pytest.raises(StorageError, match="another pivot is at work"):
        gc(done, act=True)
    assert gc(done).objects == ()  # a plan disturbs nobody
    store.close()
    gc(done, act=True)
    assert store.hold(wait=False)  # and lets go again
    store.close()


def test_a_shared_cache_asks_all_of_its_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Any, make_kept: Any
) -> None:
    monkeypatch.setenv("PIVOT_CACHE_DIR", str(tmp_path / "shared"))
    other = make_kept(tmp_path / "other")
    for project in (kept, other):
        project.write("x", str(project.root))
        project.record("make", "x")
    with pytest.raises(StorageError, match="lies outside of this project"):
        gc(kept)
    assert gc(kept, all_projects=True, act=True).objects == ()
    assert len(names(kept)) == 2
    other.root.rename(tmp_path / "away")
    with pytest.raises(StorageError, match="is not there") as caught:
        gc(kept, all_projects=True, act=True)
    Path((caught.value.hint or "").rpartition("delete ")[2]).unlink()
    set_setting(kept, "[gc]\nruns = 0\n")
    assert len(gc(kept, all_projects=True, act=True).objects) == 1
    assert names(kept) == {hash_bytes(str(kept.root).encode())}


@pytest.mark.parametrize("where", ["beside", "link", "inside"])
def test_a_cache_that_several_use_is_shared_wherever_it_lies(
    tmp_path: Path, kept: Any, make_kept: Any, where: str
) -> None:
    """Beside the project by a relative path, behind a link, in one of the projects."""
    other = make_kept(tmp_path / "other")
    for project in (kept, other):
        place = {"beside": "../shared", "link": "away/cache", "inside": f"{kept.home}/cache"}[where]
        if where == "link":
            (tmp_path / "shared").mkdir(exist_ok=True)
            (project.root / "away").symlink_to(tmp_path / "shared")
        (project.home / "config.local.toml").write_text(f"[cache]\ndir = '{place}'\n[gc]\nruns = 0\n")
        project.write("x", str(project.root))
        project.record("make", "x")
    for project in (kept, other):
        with pytest.raises(StorageError, match="use") as caught:
            gc(project, act=True)
        assert "--all-projects keeps what all of its 2 users need" in (caught.value.hint or "")
        assert gc(project, all_projects=True, act=True).objects == ()


def test_a_kill_while_it_acts_leaves_nothing_that_names_what_is_gone(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        kept.write(f"data/{name}", name)
    kept.record("make", "data/")
    (kept.home / "stages" / "make.lock").unlink()
    set_setting(kept, "[gc]\nruns = 0\n")
    removed: list[str] = []
    remove = LocalStore.remove

    def stop(store: LocalStore, oid: Any) -> None:
        if len(removed) == 1:
            raise KeyboardInterrupt
        removed.append(oid)
        remove(store, oid)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(LocalStore, "remove", stop)
        gc(kept, act=True)
    with kept.open() as workspace:
        assert fsck(workspace, "100%").findings == ()
        assert list(workspace.runs.keys()) == []
    assert {hash_bytes(name.encode()) for name in "abc"} <= names(kept)
    gc(kept, act=True)
    assert names(kept) == set()


# Any history ----------------------------------------------------------------------------------------------------------

MADE = st.tuples(st.sampled_from(["file", "directory", "tracked"]), st.integers(0, 4))
GIT = st.tuples(st.sampled_from(["branch", "switch", "stash", "drop", "gc", "nothing"]), st.integers(0, 2))
COMMIT = st.tuples(st.just("commit"), st.integers(0, 3))
STEPS = st.lists(st.tuples(MADE, MADE, COMMIT, GIT), min_size=2, max_size=5)
"""Rounds in each of which something is made, committed under a tag, and something is done with branches or stashes."""


class History:
    """A project in git, changed step by step; ``versions`` is what each commit is to give back."""

    def __init__(self, project: Any) -> None:
        self.project = project
        set_setting(project, "[gc]\nruns = 0\n")
        project.write(".gitignore", "/out\n/dir/\n/raw\n")
        self.git("init", "-q", "-b", "b0")
        self.step("file", 0)
        self.step("commit", 0)

    def git(self, *words: str, check: bool = True) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "gc.auto=0"]
        ended = subprocess.run(
            ["git", *identity, *words], cwd=self.project.root, capture_output=True, text=True, check=check
        )
        return ended.stdout.strip()

    def step(self, what: str, number: int) -> None:
        project = self.project
        match what:
            case "file":
                project.write("out", f"version {number}")
                project.record("make", "out")
            case "directory":
                for name in range(number + 1):
                    project.write(f"dir/{name}/x", f"{name} of {number}")
                project.record("plot", "dir/")
            case "tracked":
                project.write("raw", f"raw {number}")
                with project.open() as workspace:
                    write_tracked(project.root / "raw.pvt", workspace.store.save(project.root / "raw"))
            case "commit":
                self.git("add", "-A")
                self.git("commit", "-q", "--allow-empty", "-m", "x")
                self.git("tag", "-f", f"t{number}")
            case "branch":
                self.git("branch", f"b{number}", check=False)
            case "switch":
                self.git("switch", "-q", f"b{number}", check=False)
            case "drop":
                self.git("branch", "-D", f"b{number}", check=False)
            case "stash":
                self.git("stash", "-q", "--include-untracked", check=False)
            case "gc":
                gc(project, act=True)

    def check(self) -> None:
        """Every commit that git names gives back all of its data, byte by byte as recorded."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "last")
        refs = self.git("for-each-ref", "--format=%(objectname)").split()
        refs += self.git("log", "-g", "--format=%H", "refs/stash", "--", check=False).split()
        for ref in dict.fromkeys(refs):
            self.git("checkout", "-q", "--force", "--detach", ref)
            for path in ("out", "raw"):
                (self.project.root / path).unlink(missing_ok=True)
            with self.project.open() as workspace:
                fates = [one.fate for one in checkout.checkout(workspace, checkout.Options(force=True))]
                assert "lost" not in fates
                assert not fsck(workspace).damaged


@settings(
    max_examples=int(os.environ.get("PIVOT_GC_HISTORIES", "5")), phases=[Phase.generate]
)  # a try costs half a second
@given(rounds=STEPS)
def test_after_any_history_every_ref_gives_back_everything(
    make_kept: Any, tmp_path_factory: pytest.TempPathFactory, rounds: Iterable[Iterable[tuple[str, int]]]
) -> None:
    history = History(make_kept(tmp_path_factory.mktemp("history") / "project"))
    for steps in rounds:
        for what, number in steps:
            history.step(what, number)
    gc(history.project, act=True)
    history.check()
