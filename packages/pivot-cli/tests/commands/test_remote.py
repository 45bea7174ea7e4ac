import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def project(pivot: Run) -> None:
    pivot("init")


def test_add_list_default_remove(pivot: Run) -> None:
    assert "add one with" in pivot("remote", "list").out
    assert pivot("remote", "default").code == 1
    assert pivot("remote", "add", "origin", "s3://bucket/prefix", "--region", "eu-central-1").code == 0
    assert pivot("remote", "list").out == "* origin   s3://bucket/prefix in eu-central-1\n"
    assert pivot("remote", "add", "disk", "file:///mnt/disk").code == 0
    assert "*" not in pivot("remote", "list").out
    assert pivot("remote", "default", "disk").code == 0
    assert pivot("remote", "default").out == "disk\n"
    assert pivot("config", "get", "remotes.origin").out == "s3://bucket/prefix\n"
    rows = json.loads(pivot("remote", "list", "--json").out)["remotes"]
    assert rows[1] | {"name": "disk", "url": "file:///mnt/disk", "default": True} == rows[1]
    assert "what it holds stays" in pivot("remote", "remove", "disk").out
    left = {"origin": {"url": "s3://bucket/prefix", "region": "eu-central-1"}}
    assert tomllib.loads(Path(".pivot/config.toml").read_text()) == {"remotes": left}


def test_the_profile_stays_on_this_machine(pivot: Run) -> None:
    words = ("--endpoint-url", "http://127.0.0.1:9000", "--profile", "lab", "-d")
    pivot("remote", "add", "lab", "s3://bucket", *words)
    assert "profile" not in Path(".pivot/config.toml").read_text()
    assert Path(".pivot/config.local.toml").read_text() == '[remotes.lab]\nprofile = "lab"\n'
    assert pivot("remote", "list").out == "* lab   s3://bucket at http://127.0.0.1:9000\n"
    assert pivot("config", "set", "remotes.lab.profile", "x").code == 3
    Path(".pivot/config.toml").write_text('[remotes.lab]\nprofile = "theirs"\n')
    assert "may not be set by the committed settings" in pivot("remote", "list").err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add", "a b", "s3://bucket"), 2, "no name for a remote"),
        (("add", "x", "s3://user:key@bucket"), 4, "credentials do not belong here"),
        (("add", "x", "/mnt/disk"), 4, "a directory is written as file:///directory"),
        (("add", "x", "s3://bucket", "--endpoint-url", "host:9000"), 4, "an endpoint is written as"),
        (("add", "origin", "s3://other"), 2, "there is a remote 'origin' already"),
        (("remove", "orign"), 2, "did you mean origin?"),
        (("default", "orign"), 2, "did you mean origin?"),
    ],
)
def test_what_is_refused_changes_nothing(pivot: Run, words: tuple[str, ...], code: int, says: str) -> None:
    pivot("remote", "add", "origin", "s3://bucket")
    before = Path(".pivot/config.toml").read_text()
    ended = pivot("remote", *words)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert Path(".pivot/config.toml").read_text() == before


def test_force_replaces_the_whole_remote(pivot: Run) -> None:
    pivot("remote", "add", "origin", "s3://bucket", "--region", "eu-central-1")
    pivot("remote", "add", "-f", "origin", "file:///mnt/disk")
    assert Path(".pivot/config.toml").read_text() == '[remotes.origin]\nurl = "file:///mnt/disk"\n'


def test_without_a_project_only_for_oneself(pivot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pivot("remote", "add", "x", "file:///mnt/disk").code == 3
    assert pivot("remote", "add", "--global", "x", "file:///mnt/disk").code == 0
    assert pivot("remote", "default").out == "x\n"
    assert pivot("remote", "remove", "x").code == 0
    assert pivot("remote", "default").code == 1
