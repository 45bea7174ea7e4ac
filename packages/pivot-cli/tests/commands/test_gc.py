import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot.collect import Plan
from pivot_cache import LocalStore, hash_bytes
from pivot_cli.commands.gc import show
from pivot_cli.session import Session

type Run = Callable[..., Any]


@pytest.fixture
def project(pivot: Run) -> Run:
    """A project with one young and one old object that nothing names."""
    assert pivot("init").code == 0
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    store = LocalStore(".pivot/cache")
    store.add_bytes(b"young")
    old = store.path(store.add_bytes(b"old"))
    os.utime(old, (1_000_000_000, 1_000_000_000))
    store.close()
    return pivot


def test_a_plan_then_the_deed(project: Run) -> None:
    outcome = project("gc")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "Would remove 1 object (3 bytes, the oldest from 2001-09-09)",
        "Stays:",
        "  1 object        5 bytes   younger than 14 days",
        "Nothing was removed yet; pivot gc --yes does it",
    ]
    assert project("gc", "--yes").out.splitlines()[0].startswith("Removed 1 object")
    assert project("gc").out.splitlines()[0] == "Nothing to remove"
    assert project("gc", "-q") == (0, "", "")
    assert list(LocalStore(".pivot/cache").ids()) == [hash_bytes(b"young")]


def test_json(project: Run) -> None:
    told = json.loads(project("gc", "--json").out)
    assert told["remove"] == {"objects": 1, "bytes": 3, "oldest": "2001-09-09T01:46:40+00:00", "traces": 0}
    assert told["stay"] == [{"why": "young", "objects": 1, "bytes": 5}]
    assert (told["done"], told["projects"]) == (False, [str(Path.cwd())])
    assert json.loads(project("gc", "-y", "--json").out)["done"]


def test_a_cache_that_is_in_use(project: Run) -> None:
    store = LocalStore(".pivot/cache")
    store.hold()
    outcome = project("gc", "--yes")
    assert (outcome.code, "another pivot is at work" in outcome.err) == (4, True)
    store.close()


def test_a_shared_cache(project: Run, tmp_path: Path) -> None:
    assert project("config", "set", "--local", "cache.dir", str(tmp_path / "shared")).code == 0
    outcome = project("gc")
    assert (outcome.code, "--all-projects" in outcome.err) == (4, True)
    assert project("gc", "--all-projects").out == "Nothing to remove\n"


def test_several_projects_and_traces_are_said(screen: Any) -> None:
    session = Session()
    session.terminal = screen.terminal
    show(session, Plan((), 0, None, 2, (), ("/a", "/b"), done=True))
    assert screen.out == "Projects: /a, /b\nRemoved 0 objects (0 bytes) and 2 traces\n"
