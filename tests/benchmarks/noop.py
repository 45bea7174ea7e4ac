"""A command with nothing to do, against an empty interpreter; whether the pipeline imports pandas must not matter.

Also the curve from 10 to 5,000 stages, and doit beside it where there is one: ``PIVOT_BENCH_DOIT=DIR/bin/doit`` after
``python -m venv DIR && DIR/bin/pip install doit``.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import NOTHING, PIVOT, fastest, line, once

STAGE = """
def stage_{number}(data: Annotated[dict, pivot.Dep("in.json", JSON())]) -> Annotated[dict,
pivot.Out("out/{number}.json", JSON())]:
    return {{"n": {number}, **data}}
pipeline.register(stage_{number})
"""
HEAD = 'import pivot\nfrom typing import Annotated\n{more}\nJSON = pivot.loaders.JSON\npipeline = pivot.Pipeline("p")\n'
LIMITS = {2: 5, 100: 6, 1000: 9}
CURVE = (10, 30, 100, 300, 1000, 3000, 5000)
SETTLE = 2.5  # seconds after which files count as old
DODO = """
import json
def make(number):
    with open("in.json") as file:
        data = json.load(file)
    with open(f"out/{{number}}.json", "w") as file:
        json.dump({{"n": number, **data}}, file)
def task_stage():
    for number in range({stages}):
        yield {{"name": str(number), "actions": [(make, [number])], "file_dep": ["in.json"],
               "targets": [f"out/{{number}}.json"]}}
"""


def write(directory: Path, stages: int, more: str = "") -> None:
    """Write a pipeline of independent stages."""
    text = HEAD.format(more=more) + "".join(STAGE.format(number=number) for number in range(stages))
    (directory / "pipeline.py").write_text(text)
    (directory / "in.json").write_text("{}")


def settle(directory: Path) -> None:
    """Run everything, and once more when nothing that was written is too fresh to be told by its stamp."""
    once((PIVOT, "repro", "-q"), directory)
    time.sleep(SETTLE)
    once((PIVOT, "repro", "-q"), directory)


def with_doit(directory: Path, stages: int) -> Mapping[str, Sequence[str]]:
    """Return doit's command for the same work, done already, where there is a doit; and the empty interpreter of it."""
    doit = os.environ.get("PIVOT_BENCH_DOIT")
    if doit is None:
        return {}
    (directory / "dodo.py").write_text(DODO.format(stages=stages))
    subprocess.run([doit], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return {"doit": (doit,)}


def one_size(stages: int, more: str = "") -> None:
    """Print the ratios for a number of stages."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write(directory, stages, more)
        settle(directory)
        commands = {"nothing": NOTHING, "repro": (PIVOT, "repro"), "status": (PIVOT, "status")}
        if not more:
            commands |= with_doit(directory, stages)
            settle(directory)
        times = fastest(commands, directory)
        for command in [one for one in commands if one != "nothing"]:
            title = f"{command}, {stages} stages{', imports pandas' if more else ''}"
            limit = "" if command == "doit" else f"at most {LIMITS[stages]} ×"
            line(title, f"{times[command]:.1f} ms", times[command] / times["nothing"], limit)


def curve() -> None:
    """Print what each number of stages costs, and what a stage more costs."""
    before: tuple[int, float] | None = None
    for stages in CURVE:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            write(directory, stages)
            settle(directory)
            took = fastest({"status": (PIVOT, "repro")}, directory)["status"]
        each = "" if before is None else f"{1000 * (took - before[1]) / (stages - before[0]):.0f} µs for each more"
        line(f"repro, {stages} stages", f"{took:.1f} ms", None, each)
        before = stages, took


def main() -> None:
    """Print the ratio for 2, 100 and 1,000 stages, for a heavy import, and the curve."""
    for stages, more in ((2, ""), (2, "import pandas"), (100, ""), (1000, "")):
        one_size(stages, more)
    curve()


if __name__ == "__main__":
    main()
