import sys
from pathlib import Path

import pytest

from pivot.grounds import Ground, holds, python_ground
from pivot.project import Project
from pivot_fingerprint.access import listing_digest
from pivot_fingerprint.environment import variable_digest


def test_each_kind_holds_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "1")
    (tmp_path / "there").mkdir()
    (tmp_path / "listed").mkdir()
    facts = [
        Ground("absent", "gone", None),
        Ground("listing", "listed", listing_digest(str(tmp_path / "listed"))),
        Ground("listing", "no", None),
        Ground("directory", "there", "directory"),
        Ground("directory", "nowhere", None),
        Ground("env", "LEVEL", variable_digest("LEVEL", {"LEVEL": "1"})),
        Ground("env", "UNSET", None),
    ]
    monkeypatch.delenv("UNSET", raising=False)
    assert [holds(fact, str(tmp_path)) for fact in facts] == [True] * len(facts)
    (tmp_path / "gone").symlink_to("nothing")
    (tmp_path / "listed" / "new").touch()
    (tmp_path / "no").mkdir()
    (tmp_path / "there").rmdir()
    (tmp_path / "nowhere").mkdir()
    monkeypatch.setenv("LEVEL", "2")
    monkeypatch.setenv("UNSET", "")
    assert [holds(fact, str(tmp_path)) for fact in facts] == [False] * len(facts)


def test_what_could_not_be_observed_never_holds(tmp_path: Path) -> None:
    assert not holds(Ground("unseen", "it was elsewhere", None), str(tmp_path))


def test_python_is_another_when_something_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    project = Project(tmp_path, tmp_path / "pipeline.py")
    before = python_ground(project)
    assert python_ground(project) == before
    (site / "thing-1.0.dist-info").mkdir()
    installed = python_ground(project)
    (site / "thing-1.0.dist-info").rename(site / "thing-1.1.dist-info")
    assert len({before, installed, python_ground(project)}) == 3


def test_python_is_another_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = python_ground(Project(tmp_path, tmp_path / "pipeline.py"))
    assert here != python_ground(Project(tmp_path / "moved", tmp_path / "moved" / "pipeline.py"))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    assert here != python_ground(Project(tmp_path, tmp_path / "pipeline.py"))
