"""Any write of a run refused: one line that names the stage, nothing lost, and the next run is right."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.scenes import SCENES, Scene, sampled
from faults.twenty import check_recovery
from workbench import Outcome

ERRORS = ("ENOSPC", "EIO")
PARTS = 100
POINTS = [(scene, error, part) for part in range(PARTS) for scene in SCENES for error in ERRORS]


def check_told(outcome: Outcome, error: str) -> None:
    """The run says what was refused, once for each stage that met it, and what to do; it is no bug."""
    words = os.strerror(getattr(errno, error)).lower()
    told = [line for line in outcome.stderr.splitlines() if words in line]
    assert told, str(outcome)
    assert "Traceback" not in outcome.text and "bug" not in outcome.text, str(outcome)
    if outcome.code == 1:
        assert all(" failed " in line for line in told), str(outcome)
        assert outcome.stderr.count("Hint: ") == len(told), str(outcome)
    else:  # there was no stage yet
        assert outcome.code == 4, str(outcome)
        assert outcome.stderr.startswith("Error: cannot "), str(outcome)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", sampled(POINTS, 198), ids=str)
def test_one_write(small_scenes: Callable[[str], Scene], tmp_path: Path, point: tuple[str, str, int]) -> None:
    """Every write of the run is in one of the parts, with each error."""
    scene, error, part = point
    about = small_scenes(scene)
    for write in range(1 + part, about.writes + 1, PARTS):
        project = about.copy(tmp_path / str(write))
        outcome = project.run_with(f"{error}:{write}", code=None)
        if outcome.code:  # some writes may fail and nobody minds: a mode, a name that another process may take away
            check_told(outcome, error)
        check_recovery(project, about.expected)


@pytest.mark.parametrize("part", sampled(range(1, 20), 9))
def test_a_disk_that_stays_full(scenes: Callable[[str], Scene], tmp_path: Path, part: int) -> None:
    """With `-k`, every stage from there on says so for itself."""
    about = scenes("after an edit")
    project = about.copy(tmp_path / "trial")
    outcome = project.run_with(f"ENOSPC:{about.writes * part // 20}-", "repro", "-k", code=1)
    check_told(outcome, "ENOSPC")
    check_recovery(project, about.expected)
