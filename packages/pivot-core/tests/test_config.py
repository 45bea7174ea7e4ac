"""Settings: who wins, and what is refused."""

import re
from pathlib import Path

import pytest

from pivot.config import SETTINGS, config_path, parse_value, read_config, variable
from pivot.errors import ConfigError


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_later_files_win_and_the_environment_last(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    write(config_path(tmp_path, "user", environ), "[core]\njobs = 1\n[display]\nprecision = 2\n")
    write(config_path(tmp_path, "project", environ), "[core]\njobs = 2\n")
    assert read_config(tmp_path, environ).jobs == 2
    write(config_path(tmp_path, "local", environ), "core.jobs = 3\n")
    config = read_config(tmp_path, environ)
    assert config.jobs == 3 and config.values["display.precision"] == 2
    assert config.origins["core.jobs"].endswith("config.local.toml")
    config = read_config(tmp_path, environ | {"PIVOT_CORE_JOBS": "4"})
    assert config.jobs == 4 and config.origins["core.jobs"] == "PIVOT_CORE_JOBS"


def test_without_any_file_the_defaults_hold(tmp_path: Path) -> None:
    config = read_config(tmp_path, {"HOME": str(tmp_path)})
    assert config.jobs >= 1 and config.durable and config.cache(tmp_path) == tmp_path / ".pivot/cache"


def test_the_cache_may_be_named_below_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIVOT_CACHE_DIR", "~/cache")
    assert read_config(tmp_path).cache(tmp_path) == tmp_path / "home" / "cache"


def test_the_committed_file_may_not_reach_out_of_the_project(tmp_path: Path) -> None:
    write(config_path(tmp_path, "project"), '[cache]\ndir = "/somewhere"\n')
    with pytest.raises(ConfigError, match=r"cache\.dir may not"):
        read_config(tmp_path, {"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "word"), [("core.jbos = 1", "no setting"), ("core.jobs = 0", "whole number"), ("core.jobs", "not TOML")]
)
def test_a_wrong_file_is_one_clear_error_with_its_place(tmp_path: Path, text: str, word: str) -> None:
    path = config_path(tmp_path, "local")
    write(path, text)
    with pytest.raises(ConfigError, match=word) as caught:
        read_config(tmp_path, {"HOME": str(tmp_path)})
    assert caught.value.file == str(path)


@pytest.mark.parametrize("raw", [True, "", "-1", 1.5, [1], "²"])
def test_jobs_is_a_whole_number(raw: object) -> None:
    with pytest.raises(ConfigError):
        parse_value("core.jobs", raw)


def test_every_default_is_a_value_that_may_be_set() -> None:
    for key, setting in SETTINGS.items():
        if setting.default is not None:
            assert parse_value(key, setting.default) == setting.default
        assert variable(key).startswith("PIVOT_")


def test_remotes_from_several_files_are_one(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    write(config_path(tmp_path, "project", environ), '[remotes]\ndisk = "file:///disk"\norigin.url = "s3://bucket"\n')
    write(config_path(tmp_path, "local", environ), 'remotes.origin.profile = "me"\n')
    config = read_config(tmp_path, environ | {"PIVOT_REMOTES_ORIGIN_REGION": "eu-west-1"})
    assert config.remotes == {
        "disk": {"url": "file:///disk"},
        "origin": {"url": "s3://bucket", "profile": "me", "region": "eu-west-1"},
    }
    assert config.remote is None
    assert read_config(tmp_path, environ | {"PIVOT_DEFAULT_REMOTE": "disk"}).remote == "disk"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("remotes.origin.urls", "write remotes.NAME"),
        ("remotes.a/b", "write remotes.NAME"),
        ("remotes", "pivot config list|did you mean"),
        ("remotes.origin.aws_secret_access_key", "credentials do not belong into settings"),
    ],
)
def test_what_is_no_setting_of_a_remote(key: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_value(key, "x")
    assert re.search(hint, caught.value.hint or "")


def test_the_committed_file_names_no_profile(tmp_path: Path) -> None:
    write(config_path(tmp_path, "project"), '[remotes.origin]\nurl = "s3://bucket"\nprofile = "admin"\n')
    with pytest.raises(ConfigError, match=r"remotes\.origin\.profile may not"):
        read_config(tmp_path, {"HOME": str(tmp_path)})
