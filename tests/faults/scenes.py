"""Projects that are about to be run, and what comes of an undisturbed run of each."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from faults.twenty import PIPELINE, Result, Twenty, make

SCENES = ("first run", "after an edit", "edit taken back")


def sampled[Value](values: Iterable[Value], every: int) -> list[object]:
    """Return the parameters of a test: one in so many is in the normal run, all are in `./dev sweep`."""
    return [
        value if place % every == every // 2 else pytest.param(value, marks=pytest.mark.sweep)
        for place, value in enumerate(values)
    ]


class Scene(NamedTuple):
    """A project about to be run: ``template`` is its directory, ``writes`` and ``seconds`` what its run takes."""

    template: Path
    expected: Result
    writes: int
    seconds: float

    def copy(self, path: Path) -> Twenty:
        """Return a copy to do harm to."""
        return make(path, self.template)


def make_scene(top: Path, name: str, pipeline: str = PIPELINE) -> Scene:
    project = make(top / "about-to-run", pipeline=pipeline)
    fresh = make(top / "fresh", pipeline=pipeline)  # an undisturbed run of the same project, without a past
    if name != "first run":
        project.run("repro")
        project.change()
    if name == "after an edit":
        fresh.change()
    if name == "edit taken back":
        project.run("repro")
        project.change_back()
    fresh.run("repro")
    writes = make(top / "counted", project.path).count()
    timed = make(top / "timed", project.path)
    began = time.monotonic()
    timed.run("repro")
    return Scene(project.path, Result.of(fresh), writes, time.monotonic() - began)
