"""Timing of whole commands, in turn, so that a busy machine slows all of them alike."""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PIVOT = str(Path(sysconfig.get_path("scripts")) / "pivot")
NOTHING = (sys.executable, "-c", "pass")


def once(command: Sequence[str], cwd: Path) -> float:
    """Return the wall time of a command in milliseconds; it must succeed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=environ, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def in_turn(commands: Mapping[str, Sequence[str]], cwd: Path, *, rounds: int = 15) -> dict[str, float]:
    """Return the median wall time of each command in milliseconds, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            took = once(command, cwd)
            if number:
                times[name].append(took)
    return {name: statistics.median(found) for name, found in times.items()}


def fastest(commands: Mapping[str, Sequence[str]], cwd: Path, *, rounds: int = 20) -> dict[str, float]:
    """Return the shortest wall time of each command in milliseconds: what is added to it is other work's."""
    found = dict.fromkeys(commands, float("inf"))
    for number in range(rounds + 1):
        for name, command in commands.items():
            took = once(command, cwd)
            if number:
                found[name] = min(found[name], took)
    return found


def line(name: str, figure: str, ratio: float | None = None, limit: str = "") -> None:
    """Print one figure, aligned."""
    print(f"{name:<44} {figure:>12} {'' if ratio is None else f'{ratio:6.2f} ×':>10}  {limit}", flush=True)
