"""How long a save takes to reach the output, in watch mode, and how long an answer that there is nothing to run.

Run alone: ``python tests/benchmarks/watch.py [ROUNDS]``. A pipeline that imports pandas, two stages, an edit of a
helper of one of them. Targets: median of 20 below 150 ms from the save to the rewritten output, of which Pivot's own
share is what neither the stage nor the time for which files must be still take; 100 ms for the answer to a comment.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from measure import PIVOT, line

PIPELINE = """
from typing import Annotated

import pandas as pd
import pivot
from helper import adjust

JSON = pivot.loaders.JSON


def clean(table: Annotated[pd.DataFrame, pivot.Dep("table.csv", pivot.loaders.CSV())]) -> Annotated[
    list[float], pivot.Out("clean.json", JSON())
]:
    return [float(value) for value in table["value"].dropna()]


def total(values: Annotated[list[float], pivot.Dep("clean.json", JSON())]) -> Annotated[
    dict[str, float], pivot.Metric("total.json")
]:
    return {"total": adjust(sum(values))}


pipeline = pivot.Pipeline("watched")
pipeline.register(clean)
pipeline.register(total)
"""
HELPER = "def adjust(value):\n    return value + {number}\n"
PAUSE = 1.0  # seconds between two edits: people are slower
DEBOUNCE = 10  # milliseconds, the default


class Watched:
    """A watch of the project, and the events that it told."""

    def __init__(self, root: Path, *options: str) -> None:
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command = [PIVOT, "repro", "--watch", "--jsonl", *options]
        self.process = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True)
        self.events: list[tuple[float, dict[str, Any]]] = []
        self.began = time.perf_counter()  # of what is measured
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.events.append((time.perf_counter(), json.loads(text)))

    def after(self, moment: float, name: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield the events of a name since then, waiting for the first."""
        give_up = time.perf_counter() + 30
        while time.perf_counter() < give_up:
            found = [one for one in self.events if one[0] > moment and one[1]["event"] == name]
            if found:
                yield from found
                return
            time.sleep(0.001)
        raise TimeoutError(name)


def read(output: Path) -> str:
    """Return what an output holds; nothing while it is made."""
    try:
        return output.read_text()
    except FileNotFoundError:
        return ""


def edits(root: Path, watched: Watched, numbers: Iterable[int]) -> list[tuple[float, float, float]]:
    """Return for each edit: milliseconds to the output, of the stage, and from the event to the plan."""
    figures = []
    output = root / "total.json"
    for number in numbers:
        time.sleep(PAUSE)
        (root / "helper.py").write_text(HELPER.format(number=number))
        saved = time.perf_counter()
        while f": {number + 3}.0" not in read(output):
            if time.perf_counter() > saved + 30:
                raise TimeoutError(f"edit {number}")
            time.sleep(0.0005)
        took = 1000 * (time.perf_counter() - saved)
        [(_, done), *_] = watched.after(saved, "stage_done")
        [(_, woken), *_] = watched.after(saved, "woken")
        list(watched.after(saved, "idle"))
        figures.append((took, 1000 * done["seconds"], 1000 * woken["seconds"]))
    return figures


def comments(root: Path, watched: Watched, rounds: int) -> list[float]:
    """Return for each comment the milliseconds until it was said that there is nothing to run."""
    took = []
    text = (root / "helper.py").read_text()
    for number in range(rounds):
        time.sleep(PAUSE)
        (root / "helper.py").write_text(f"{text}# {number}\n")
        saved = time.perf_counter()
        moment, _ = next(watched.after(saved, "nothing_to_run"))
        took.append(1000 * (moment - saved))
    return took


def main(rounds: int = 20) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "pipeline.py").write_text(PIPELINE)
        (root / "helper.py").write_text(HELPER.format(number=0))
        (root / "table.csv").write_text("value\n1\n\n2\n")
        watched = Watched(root)
        try:
            next(watched.after(0.0, "idle"))
            time.sleep(4)  # until the libraries are imported
            edits(root, watched, range(1, 3))
            figures = edits(root, watched, range(3, rounds + 3))
            answers = comments(root, watched, rounds)
        finally:
            watched.process.terminate()
            watched.process.wait()
    total, stage, plan = (statistics.median(values) for values in zip(*figures, strict=True))
    own = statistics.median(one[0] - one[1] for one in figures) - 1.5 * DEBOUNCE
    line("save of a helper to the output", f"{total:.0f} ms", limit=f"limit 150 ms, best {min(figures)[0]:.0f}")
    line("  of it the stage", f"{stage:.0f} ms")
    line("  files must be still, on average", f"{1.5 * DEBOUNCE:.0f} ms")
    line("  Pivot's own share", f"{own:.0f} ms", limit=f"{plan:.0f} ms of it to the plan")
    line("save of a comment to the answer", f"{statistics.median(answers):.0f} ms", limit="limit 100 ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
