"""`pivot repro` killed with -9, at any of its writes and at any time; the next `pivot repro` is all that is needed."""

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.scenes import SCENES, Scene, sampled
from faults.twenty import check_recovery

SWEPT, RANDOM = 100, 200


@pytest.mark.parametrize("point", sampled([(scene, place) for place in range(SWEPT) for scene in SCENES], 71), ids=str)
def test_at_a_write(scenes: Callable[[str], Scene], tmp_path: Path, point: tuple[str, int]) -> None:
    """The points are spread evenly over the writes of the run, the first and the last included."""
    scene, place = point
    about = scenes(scene)
    project = about.copy(tmp_path / "trial")
    outcome = project.run_with(f"kill:{1 + place * (about.writes - 1) // (SWEPT - 1)}", code=None)
    reached = outcome.code == -signal.SIGKILL
    assert reached or (place > SWEPT * 0.9 and outcome.code == 0), str(outcome)  # stages that end together share writes
    check_recovery(project, about.expected)


@pytest.mark.parametrize("trial", sampled(range(RANDOM), 50))
def test_at_a_moment(scenes: Callable[[str], Scene], tmp_path: Path, trial: int) -> None:
    """Any process of the run may be at work then; a trial waits for the same time each time."""
    about = scenes(SCENES[trial % len(SCENES)])
    project = about.copy(tmp_path / "trial")
    project.run_for(random.Random(trial).uniform(0.05, 1.2 * about.seconds))
    check_recovery(project, about.expected)


@pytest.mark.parametrize("step", [70, pytest.param(7, marks=pytest.mark.sweep)])
def test_again_and_again(scenes: Callable[[str], Scene], tmp_path: Path, step: int) -> None:
    """Each run is killed a little later than the one before it, in the same project."""
    about = scenes("after an edit")
    project = about.copy(tmp_path / "trial")
    for place in range(1, 300, step):
        project.run_with(f"kill:{place}", code=None)
    check_recovery(project, about.expected)
