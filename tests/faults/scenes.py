"""Projects that are about to be run, and what comes of an undisturbed run of each."""

import os
from pathlib import Path
from typing import NamedTuple

from faults.twenty import Result, Twenty, make

FULL = os.environ.get("PIVOT_FAULTS") == "full"
"""`./dev faults`: every point instead of a sample of them."""

SCENES = ("first run", "after an edit", "edit taken back")


class Scene(NamedTuple):
    """A project about to be run: ``template`` is its directory, ``writes`` and ``seconds`` what its run takes."""

    template: Path
    expected: Result
    writes: int

    def copy(self, path: Path) -> Twenty:
        """Return a copy to do harm to."""
        return make(path, self.template)


def make_scene(top: Path, name: str) -> Scene:
    project = make(top / "about-to-run")
    fresh = make(top / "fresh")  # an undisturbed run of the same project, without a past
    if name != "first run":
        project.run("repro")
        project.change()
    if name == "after an edit":
        fresh.change()
    if name == "edit taken back":
        project.run("repro")
        project.change_back()
    fresh.run("repro")
    return Scene(project.path, Result.of(fresh), make(top / "counted", project.path).count())
