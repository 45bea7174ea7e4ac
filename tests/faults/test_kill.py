"""`pivot repro` killed with -9, at any of its writes and at any time; the next `pivot repro` is all that is needed."""

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.scenes import FULL, SCENES, Scene
from faults.twenty import check_recovery

SWEPT = 100 if FULL else 4
RANDOM = 200 if FULL else 4


@pytest.mark.parametrize("place", range(SWEPT))
@pytest.mark.parametrize("scene", SCENES if FULL else SCENES[1:2])
def test_at_a_write(scenes: Callable[[str], Scene], tmp_path: Path, scene: str, place: int) -> None:
    """Places are spread evenly over the writes of the run, the first and the last included."""
    about = scenes(scene)
    project = about.copy(tmp_path / "trial")
    project.run_with(f"kill:{1 + place * (about.writes - 1) // (SWEPT - 1)}", code=-signal.SIGKILL)
    check_recovery(project, about.expected)


@pytest.mark.parametrize("trial", range(RANDOM))
def test_at_a_moment(scenes: Callable[[str], Scene], tmp_path: Path, trial: int) -> None:
    """Any process of the run may be at work then; the seed makes a trial the same each time, as far as time can."""
    chance = random.Random(trial)
    about = scenes(SCENES[trial % len(SCENES)])
    project = about.copy(tmp_path / "trial")
    project.run_for(chance.uniform(0.05, 2.0))
    check_recovery(project, about.expected)


def test_again_and_again(scenes: Callable[[str], Scene], tmp_path: Path) -> None:
    """Each run is killed a little later than the one before it, in the same project."""
    about = scenes(SCENES[1])
    project = about.copy(tmp_path / "trial")
    for place in range(1, 400, 10 if FULL else 80):
        project.run_with(f"kill:{place}", code=None)
    check_recovery(project, about.expected)
