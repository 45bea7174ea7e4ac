"""What a Python executes that an observed process starts, before the program, and what remains of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pivot_fingerprint.children import INVITATION

pytestmark = pytest.mark.processes

STARTING = Path(__file__).parents[1] / "src" / "pivot_fingerprint" / "starting"
PROGRAM = """
import os, sys
print(os.environ.get("PYTHONPATH"), os.environ.get("PIVOT_OBSERVED"), "pivot_fingerprint.observation" in sys.modules)
print(getattr(sys, "site", None), [entry for entry in sys.path if entry.endswith("starting")])
"""


def shown(directory: Path, path: list[str], invitation: str) -> list[str]:
    """Start a program as ``children`` does, with these directories on its path."""
    env = {"PYTHONPATH": os.pathsep.join([str(STARTING), *path]), INVITATION.decode(): invitation}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_another_environment_is_left_alone(tmp_path: Path) -> None:
    assert shown(tmp_path, [], "/another/prefix\nnonsense") == ["None None False", "None []"]


def test_the_module_that_the_user_has(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.site = 'mine'\n")
    assert shown(tmp_path, [str(tmp_path)], "/another/prefix\n") == [f"{tmp_path} None False", "mine []"]


def test_a_module_of_the_user_that_misses_another(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import no_such_thing\n")
    env = {"PYTHONPATH": f"{STARTING}{os.pathsep}{tmp_path}"}
    done = subprocess.run([sys.executable, "-c", "print(1)"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n" and "No module named 'no_such_thing'" in done.stderr  # as without Pivot
