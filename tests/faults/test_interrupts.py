"""A run that is stopped: by Ctrl-C once or twice, by SIGTERM, with its terminal, by `kill -9`."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.twenty import Twenty, check_free, check_gone
from workbench import PATIENCE, PIVOT, wait_until

PIPELINE = """
import os, pathlib, signal, subprocess, time
from typing import Annotated

import pivot
import work

pipeline = pivot.Pipeline("interrupts")


def register(function):
    function.__annotations__["return"] = Annotated[str, pivot.Out(f"{function.__name__}.txt", pivot.loaders.Text())]
    pipeline.register(function)


def quick():
    return "quick"


def slow():
    below = subprocess.Popen(["sleep", "600"])
    away = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pathlib.Path("../slow").touch()
    work.wait()
    return "slow"


def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pathlib.Path("../stubborn").touch()
    work.wait()
    return "stubborn"


def never():
    return "never"


for one in (quick, slow, stubborn, never):
    register(one)
"""
IGNORES = "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WAIT = "import time\ndef wait(): time.sleep(600)\n"
WELL = "def wait(): pass\n"
HANG = """
import os, pathlib, subprocess, time
subprocess.Popen(["sleep", "600"])
pathlib.Path("../hangs").touch()
time.sleep(600)
"""


@pytest.fixture
def project(tmp_path: Path) -> Twenty:
    made = Twenty(tmp_path / "project", home=tmp_path / "home")
    made.write({"pipeline.py": PIPELINE, "work.py": WAIT})
    return made


@pytest.fixture
def start(project: Twenty) -> Callable[..., subprocess.Popen[str]]:
    """Start a run, and wait until there is a file beside the project for each name."""

    def start(*names: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [PIVOT, "repro", "-j", "2"],  # as many as hang: the last stage never gets its turn
            cwd=project.path,
            env=project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for name in names:
            wait_until((project.path.parent / name).exists)
        return process

    return start


def check_stopped(project: Twenty) -> None:
    """Nothing is left, what was done stands, and the next run does the rest."""
    check_gone(project)
    check_free(project)
    assert not project.exists(".pivot/stages/slow.lock") and not project.exists(".pivot/stages/stubborn.lock")
    project.write({"work.py": WELL})
    outcome = project.run("repro")
    assert "3 ran, 1 up to date" in outcome.stdout or "4 ran" in outcome.stdout, str(outcome)
    assert "up to date" in project.run("repro").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_first_signal_ends_what_runs(project: Twenty, start, number: signal.Signals) -> None:
    if number != signal.SIGINT:  # that who does not listen is killed takes its time, and is seen once
        project.edit("pipeline.py", IGNORES, "")
    process = start("slow", "stubborn")
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PATIENCE)  # the promise is 5 seconds, on a machine that is not busy
    assert process.returncode == 130, stderr
    assert stderr.strip() == "Error: interrupted: what was running is not recorded"
    assert "✓ never" not in stdout
    check_stopped(project)


def test_a_second_one_does_not_wait(project: Twenty, start) -> None:
    process = start("slow", "stubborn")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: " (sleep)" not in states(project))  # it is at it: the children that listen are gone
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and "Traceback" not in stderr
    check_stopped(project)


def states(project: Twenty) -> str:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if project.token.encode() in Path("/proc", entry, "environ").read_bytes():
                    found.append(Path("/proc", entry, "stat").read_text())
            except OSError:
                continue
    return "".join(found)


def test_the_hardest_signal_leaves_nothing_either(project: Twenty, start) -> None:
    process = start("slow", "stubborn")
    process.kill()
    process.communicate(timeout=PATIENCE)
    check_stopped(project)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("known", [False, True])
def test_while_the_pipeline_hangs_as_it_is_imported(
    project: Twenty, start, number: signal.Signals, known: bool
) -> None:
    """Once by the process that reads the pipeline, and once, when that is known, by the one that runs its stages."""
    if known:
        project.write({"work.py": WELL})
        project.run("list")
        lines = HANG.strip().splitlines()
        hang = "import pathlib\nif pathlib.Path('../host').exists():\n" + "".join(f"    {line}\n" for line in lines)
        project.write({"work.py": hang + WELL})
        project.run("list")
        (project.path.parent / "host").touch()
    else:
        project.write({"work.py": HANG + WELL})
    process = start("hangs")
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == (-9 if number == signal.SIGKILL else 130)
    check_gone(project)
    check_free(project)
    project.write({"work.py": WELL})
    assert "4 ran" in project.run("repro").stdout
