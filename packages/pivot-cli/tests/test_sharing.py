import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

type Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def shared(pivot: Run, tmp_path: Path) -> list[str]:
    """A project that was run and pushed, whose outputs and cache are gone; returns the names of the outputs."""
    assert pivot("init", "--example").code == 0
    pivot("repro", "-q")
    pivot("remote", "add", "disk", (tmp_path / "remote").as_uri())
    pivot("push")
    names = [path for lock in Path(".pivot/stages").iterdir() for path in json.loads(lock.read_text())["outputs"]]
    for name in names:
        Path(name).unlink()
    shutil.rmtree(".pivot/cache")
    return names


def test_the_records_are_believed(pivot: Run, shared: list[str]) -> None:
    assert pivot("repro", "--allow-missing").code == 0
    assert not any(Path(name).exists() for name in shared)


def test_what_is_missing_is_given_back_or_pretended_to_be(pivot: Run, shared: list[str]) -> None:
    assert "will run" in pivot("repro", "-n", "--checkout-missing").out  # the cache has nothing
    pivot("fetch")
    shutil.rmtree(".pivot/cache/runs", ignore_errors=True)
    assert "1 of 1 stage" in (out := pivot("repro", "-n").out) or "stages would run" in out, out
    assert "will run" not in pivot("repro", "-n", "--checkout-missing").out
    assert not any(Path(name).exists() for name in shared)
    assert json.loads(pivot("repro", "--checkout-missing", "--json").out)["summary"]["run"] == 0
    assert all(Path(name).exists() for name in shared)


def test_only_what_the_targets_need_is_given_back(pivot: Run, shared: list[str]) -> None:
    pivot("fetch")
    told = pivot("repro", "preprocess", "--checkout-missing").out
    assert "up to date" in told
    assert sum(Path(name).exists() for name in shared) == 1


def test_a_pull_for_a_run_is_told_once(pivot: Run) -> None:
    ended = pivot("repro", "--pull", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["summary"]["run"] == 0  # nothing but the one object of JSON was printed


def test_a_push_from_a_fork_is_refused_after_the_run(pivot: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "them/it")
    ended = pivot("repro", "--push")
    assert ended.code == 2 and "from a fork" in ended.err
    assert pivot("push").code == 2 and pivot("push", "--allow-pr-push").code == 0


@pytest.mark.parametrize("words", [("--pull", "--allow-missing"), ("-n", "--pull"), ("-e", "--push")])
def test_what_excludes_each_other(pivot: Run, words: tuple[str, ...]) -> None:
    assert pivot("repro", *words).code == 2
