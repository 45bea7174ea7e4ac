import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot import doctor

type Run = Callable[..., Any]


@pytest.fixture
def project(pivot: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(doctor, "LITTLE", 0)
    assert pivot("init").code == 0
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    return pivot


def test_a_healthy_machine(project: Run) -> None:
    outcome = project("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[0].startswith("✓ Python: 3.")
    assert project("doctor", "-q") == (0, "", "")


def test_a_problem_comes_with_what_to_do(project: Run) -> None:
    Path(".pivot/logs").mkdir()
    Path(".pivot/logs/train.log").touch()
    Path(".pivot/logs/train.log").chmod(0o644)
    outcome = project("doctor", "-q")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines()[0] == "✗ Secrets: 1 log can be read by others"
    assert "Hint: chmod -R go= " in outcome.err


def test_json(project: Run) -> None:
    told = json.loads(project("doctor", "--json").out)
    assert told["healthy"]
    assert told["signs"][0]["name"] == "Python"
    assert {"name", "verdict", "found", "advice"} == set(told["signs"][0])


def test_remotes(project: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert "Remote" not in project("doctor").out
    assert project("remote", "add", "lab", f"file://{tmp_path}/there").code == 0
    outcome = project("doctor")
    assert outcome.code == 0
    assert "✓ Remote lab: " in outcome.out


def test_credentials_in_settings_are_refused(project: Run) -> None:
    Path(".pivot/config.toml").write_text('aws_secret_access_key = "hunter22"\n')
    outcome = project("doctor")
    assert outcome.code == 3
    assert "credentials do not belong into settings" in outcome.err
    assert "hunter22" not in outcome.err
