"""An edit while a run is under way, at each of its phases, is never recorded as what the run was made from.

Whatever the run that is disturbed says, the one after it gives what a project gives that always was as it is now.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.scenes import sampled
from faults.twenty import Twenty, check_gone
from workbench import PATIENCE, PIVOT, wait_until

GATE = """
import os, pathlib, time

def gate(name):
    here = pathlib.Path("SIGNALS", name)
    if here.exists():
        here.with_name(f"{name}-reached").touch()
        while here.exists():
            time.sleep(0.005)
"""
PIPELINE = """
import pathlib
from typing import Annotated

import pivot
from gate import gate

gate("importing")

import early

JSON = pivot.loaders.JSON


class Scale(pivot.StageParams):
    factor: int = 1


def make(
    data: Annotated[int, pivot.Dep("data.json", JSON())], scale: Scale
) -> Annotated[list, pivot.Out("made.json", JSON())]:
    gate("begun")
    import late

    seen = pathlib.Path("undeclared.txt").read_text()
    gate("ending")
    return [early.value(), late.value(), scale.factor, data, seen]


def after(made: Annotated[list, pivot.Dep("made.json", JSON())]) -> Annotated[list, pivot.Out("after.json", JSON())]:
    return made


pipeline = pivot.Pipeline("edits")
pipeline.register(make)
pipeline.register(after)
"""
FILES = {
    "gate.py": GATE,
    "pipeline.py": PIPELINE,
    "early.py": "def value(): return 1\n",
    "late.py": "def value(): return 1\n",
    "data.json": "1",
    "params.yaml": "make: {factor: 1}\n",
    "undeclared.txt": "1",
}
EDITS = {
    "early.py": "def value(): return 2\n",
    "late.py": "def value(): return 2\n",
    "data.json": "2",
    "params.yaml": "make: {factor: 2}\n",
    "undeclared.txt": "2",
    "pipeline.py": PIPELINE.replace("return [early", "return [0, early"),
}
GATES = ("importing", "begun", "ending")

# What the disturbed run says. Of the rest, what was executed and read is what is recorded.
REFUSED = {
    ("early.py", "importing"): "early.py was edited while the stage was starting",
    ("late.py", "importing"): "late.py was edited while the stage was starting",
    ("late.py", "begun"): "late.py was edited while the stage was starting",
    ("data.json", "importing"): "the input data.json changed while the stage was running",
    ("data.json", "begun"): "the input data.json changed while the stage was running",
    ("data.json", "ending"): "the input data.json changed while the stage was running",
    ("undeclared.txt", "importing"): "undeclared.txt, which the stage read, changed while it was running",
    ("undeclared.txt", "ending"): "undeclared.txt, which the stage read, changed while it was running",
}


@pytest.fixture
def project(tmp_path: Path, signals: Path) -> Twenty:
    made = Twenty(tmp_path / "project", home=tmp_path / "home")
    made.write({**FILES, "gate.py": GATE.replace("SIGNALS", str(signals))})
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str], str]:
    """Return what a project gives that always had this edit."""

    def fresh(edited: str) -> str:
        (tmp_path / "apart").mkdir()
        made = Twenty(tmp_path / "apart/project", home=tmp_path / "apart/home")
        made.write({**FILES, edited: EDITS[edited]})
        made.run("repro")
        return made.read("after.json")

    return fresh


@pytest.mark.parametrize("edit", sampled([(edited, gate) for gate in GATES for edited in EDITS], 4), ids=str)
def test_it_is_for_the_next_run(
    project: Twenty, signals: Path, fresh: Callable[[str], str], edit: tuple[str, str]
) -> None:
    edited, gate = edit
    project.run("init")
    project.run("list")  # from now on the manifest is known, and only the process that runs stages imports
    (signals / gate).touch()
    with subprocess.Popen(
        [PIVOT, "repro"],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        wait_until((signals / f"{gate}-reached").exists)
        project.write({edited: EDITS[edited]})
        (signals / gate).unlink()
        told, _ = process.communicate(timeout=PATIENCE)
    # the first run of all imports while it plans: an edit meanwhile may come before the stage is looked at
    if (words := REFUSED.get((edited, gate))) and (process.returncode != 0 or gate != "importing"):
        assert process.returncode == 1 and words in told, told
        assert "nothing is recorded; run again" in told
        assert not project.exists(".pivot/stages/make.lock")
    else:
        assert process.returncode == 0, told
    project.run("repro")
    assert project.read("after.json") == fresh(edited), told
    assert "up to date" in project.run("repro").stdout
    check_gone(project)
