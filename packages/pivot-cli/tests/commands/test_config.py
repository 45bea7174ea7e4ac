import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def project(pivot: Run) -> None:
    pivot("init")


def test_list_shows_value_and_origin(pivot: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".pivot/config.toml").write_text("[core]\njobs = 3\n")
    monkeypatch.setenv("PIVOT_DURABILITY", "fast")
    lines = pivot("config", "list").out.splitlines()
    assert any("core.jobs" in line and "= 3" in line and ".pivot/config.toml" in line for line in lines)
    assert any("durability" in line and "fast" in line and "PIVOT_DURABILITY" in line for line in lines)
    assert any("cache.dir" in line and ".pivot/cache" in line and "default" in line for line in lines)
    settings = {row["key"]: row for row in json.loads(pivot("config", "list", "--json").out)["settings"]}
    assert settings["core.jobs"] == {
        "key": "core.jobs",
        "value": 3,
        "origin": str(Path.cwd() / ".pivot/config.toml"),
    }
    assert settings["cache.checkout_mode"]["origin"] is None


def test_set_get_unset(pivot: Run) -> None:
    assert pivot("config", "set", "core.jobs", "4").code == 0
    assert Path(".pivot/config.toml").read_text() == "[core]\njobs = 4\n"
    assert pivot("config", "get", "core.jobs") == (0, "4\n", "")
    assert json.loads(pivot("config", "get", "core.jobs", "--json").out)["value"] == 4
    assert "removed core.jobs" in pivot("config", "unset", "core.jobs").out
    assert Path(".pivot/config.toml").read_text() == ""
    assert "was not set" in pivot("config", "unset", "core.jobs").out


def test_scopes(pivot: Run, tmp_path: Path) -> None:
    pivot("config", "set", "--global", "core.jobs", "1")
    pivot("config", "set", "core.jobs", "2")
    pivot("config", "set", "--local", "core.jobs", "3")
    assert (tmp_path / "home" / "pivot" / "config.toml").read_text() == "[core]\njobs = 1\n"
    assert Path(".pivot/config.local.toml").read_text() == "[core]\njobs = 3\n"
    assert pivot("config", "get", "core.jobs").out == "3\n"
    assert pivot("config", "get", "--global", "core.jobs").out == "1\n"
    assert len(pivot("config", "list", "--local").out.splitlines()) == 1
    assert pivot("config", "get", "--local", "durability") == (1, "", "")
    assert pivot("config", "list", "--local", "--global").code == 2


def test_a_link_to_the_users_settings_stays_a_link(pivot: Run, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    link = tmp_path / "home" / "pivot" / "config.toml"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    pivot("config", "set", "--global", "core.jobs", "1")
    assert link.is_symlink()
    assert real.read_text().startswith("# mine\n")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("set", "core.job", "2"), 3, "did you mean core.jobs?"),
        (("get", "nonsense"), 3, "pivot config list shows them all"),
        (("unset", "core.job"), 3, "did you mean core.jobs?"),
        (("set", "core.jobs", "many"), 3, "core.jobs must be a whole number from 1, not 'many'"),
        (("set", "cache.dir", "/x"), 3, "set it for yourself: pivot config set --local cache.dir /x"),
        (("set", "core.jobs"), 2, "missing argument 'VALUE'"),
    ],
)
def test_what_is_refused(pivot: Run, words: tuple[str, ...], code: int, says: str) -> None:
    outcome = pivot("config", *words)
    assert (outcome.code, outcome.out) == (code, "")
    assert says in outcome.err


def test_without_a_project(pivot: Run, tmp_path: Path) -> None:
    assert pivot("-C", str(tmp_path), "config", "list").code == 0
    assert pivot("-C", str(tmp_path), "config", "set", "--global", "core.jobs", "1").code == 0
    outcome = pivot("-C", str(tmp_path), "config", "set", "core.jobs", "1")
    assert outcome.code == 3
    assert "there is no project here" in outcome.err
