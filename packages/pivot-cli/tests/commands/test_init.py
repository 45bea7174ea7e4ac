from collections.abc import Callable
from pathlib import Path
from typing import Any

type Run = Callable[..., Any]


def test_an_empty_project(pivot: Run) -> None:
    outcome = pivot("init")
    assert outcome.code == 0
    assert Path(".pivot/format").read_text() == "1\n"
    assert outcome.out.splitlines() == [
        f"Made {Path.cwd() / '.pivot'}",
        "Next: write pipeline.py, or get one that works with: pivot init --example",
    ]
    assert pivot("init").out.startswith("There was already ")


def test_an_existing_pipeline(pivot: Run) -> None:
    Path("pipeline.py").touch()
    assert pivot("init").out.splitlines()[-1] == "Next: pivot repro"


def test_the_example_is_not_written_over_files(pivot: Run) -> None:
    Path("data.json").write_text("mine")
    outcome = pivot("init", "--example")
    assert outcome.code == 2
    assert "data.json is already in" in outcome.err
    assert "--force" in outcome.err
    assert not Path("pipeline.py").exists()
    assert not Path(".pivot").exists()
    assert Path("data.json").read_text() == "mine"


def test_force(pivot: Run) -> None:
    Path("data.json").write_text("mine")
    assert pivot("init", "--example", "-f").code == 0
    assert "records" in Path("data.json").read_text()


def test_inside_another_project(pivot: Run) -> None:
    pivot("init")
    Path("below").mkdir()
    outcome = pivot("-C", "below", "init")
    assert outcome.code == 0
    assert outcome.out.startswith(f"There was already {Path.cwd() / '.pivot'}")
    assert not Path("below/.pivot").exists()
    assert pivot("-C", "below", "init", "--force").code == 0
    assert Path("below/.pivot/format").exists()


def test_a_project_of_a_newer_version(pivot: Run) -> None:
    pivot("init")
    Path(".pivot/format").write_text("99\n")
    outcome = pivot("init")
    assert outcome.code == 4
    assert "upgrade" in outcome.err


def test_quiet(pivot: Run) -> None:
    assert pivot("init", "-q") == (0, "", "")
