"""How long files must be still before a watch looks: what that costs a single save, and spares a burst of them.

``python tests/benchmarks/debounce.py [ROUNDS]``. For each time: the median latency from a save to the output rewritten,
and how many looks and runs of the stage one burst causes on average; one look is best, and no run where the branch that
was checked out is restored. The default of ``watch.debounce`` is chosen by this table.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from watch import Watched, read

TIMES = (2, 5, 10, 20, 50, 100, 200)
FILES = 400  # in a branch
QUIET = 0.8  # seconds without an event after which a burst is over
PIPELINE = """
import pathlib
from typing import Annotated

import pivot
from helper import VALUE


def total(
    many: Annotated[pathlib.Path, pivot.Dep("many/", pivot.loaders.PathOnly())],
) -> Annotated[dict, pivot.Metric("total.json")]:
    return {"value": VALUE, "sum": sum(int(one.read_text()) for one in many.iterdir())}


pipeline = pivot.Pipeline("saved")
pipeline.register(total)
"""

type Burst = Callable[[Path, str], None]


def in_place(file: Path, text: str) -> None:
    """One write, as `echo > file` does it."""
    file.write_text(text)


def vim(file: Path, text: str) -> None:
    """Vim's default: a probe, the old file renamed to the backup, a new one written and synced, the backup removed."""
    swap = file.with_name(f".{file.name}.swp")
    swap.write_bytes(b"b0VIM")
    file.with_name("4913").touch()
    file.with_name("4913").unlink()
    file.rename(file.with_name(f"{file.name}~"))
    with file.open("w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    os.chmod(file, 0o644)
    file.with_name(f"{file.name}~").unlink()
    swap.unlink()


def vscode(file: Path, text: str) -> None:
    """VS Code: truncated and written in two steps."""
    with file.open("r+") as opened:
        opened.truncate()
        opened.flush()
        time.sleep(0.003)
        opened.write(text)


def atomic(file: Path, text: str) -> None:
    """A temporary beside the file, renamed over it."""
    file.with_name(f"{file.name}.vsctmp").write_text(text)
    file.with_name(f"{file.name}.vsctmp").replace(file)


def formatter(file: Path, text: str) -> None:
    """A save, then a formatter that takes 30 ms and writes the file again."""
    in_place(file, text.replace(" = ", "="))
    time.sleep(0.03)
    in_place(file, text)


def checkout(file: Path, text: str) -> None:
    """Git puts another branch there: hundreds of files and the helper."""
    branch = "two" if file.read_text() == "VALUE = 0\n" else "one"
    git(file.parent, "checkout", "-q", branch)


def copied(file: Path, text: str) -> None:
    """Hundreds of files without any sign of when it is over, as `cp -r` does it."""
    for number in range(FILES):
        file.with_name("many").joinpath(f"{number}.txt").write_text(str(len(text) + number))
    in_place(file, text)


BURSTS: Mapping[str, Burst] = {
    "vim": vim,
    "vscode": vscode,
    "atomic": atomic,
    "formatter": formatter,
    "checkout": checkout,
    "copy": copied,
}


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=root, check=True)


def make(root: Path) -> None:
    """A project with two branches that differ in hundreds of files."""
    (root / "many").mkdir()
    (root / "pipeline.py").write_text(PIPELINE)
    (root / ".gitignore").write_text(".pivot\n__pycache__\ntotal.json\n")
    git(root, "init", "-q", "-b", "one")
    for branch, value in (("one", 0), ("two", 1)):
        if value:
            git(root, "checkout", "-q", "-b", branch)
        (root / "helper.py").write_text(f"VALUE = {value}\n")
        for number in range(FILES):
            (root / "many" / f"{number}.txt").write_text(str(number + value))
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", branch)
    git(root, "checkout", "-q", "one")


def settle(watched: Watched) -> None:
    """Wait until nothing has been told for a while."""
    while time.perf_counter() - max(watched.events[-1][0], watched.began) < QUIET:
        time.sleep(0.01)


def latency(root: Path, watched: Watched, rounds: int) -> float:
    """Return the median milliseconds from a save to the output rewritten."""
    took = []
    for number in range(1000, 1000 + rounds):
        settle(watched)
        (root / "helper.py").write_text(f"VALUE = {number}\n")
        saved = time.perf_counter()
        while f": {number}," not in read(root / "total.json"):
            time.sleep(0.0005)
        took.append(1000 * (time.perf_counter() - saved))
    return statistics.median(took)


def looks_and_runs(root: Path, watched: Watched, burst: Burst, rounds: int) -> tuple[float, float]:
    """Return how many looks and how many starts of the stage a burst caused on average."""
    looks = runs = 0
    for number in range(rounds):
        git(root, "checkout", "-q", "-f", "one")
        watched.began = time.perf_counter()
        settle(watched)
        before = len(watched.events)
        burst(root / "helper.py", f"VALUE = {number + 2000 + time.monotonic_ns()}\n")
        watched.began = time.perf_counter()
        settle(watched)
        names = [event["event"] for _, event in watched.events[before:]]
        looks += sum(name in ("woken", "nothing_to_run", "plan_failed", "superseded") for name in names)
        runs += names.count("stage_started")
    return looks / rounds, runs / rounds


def main(rounds: int = 3) -> None:
    print(f"{'ms':>4} {'save':>8}  " + "".join(f"{name:>15}" for name in BURSTS))
    for wait in TIMES:
        directory = Path(tempfile.mkdtemp())
        make(directory)
        watched = Watched(directory, "--debounce", str(wait))
        try:
            next(watched.after(0.0, "idle"))
            time.sleep(2)  # until the libraries are imported
            figures = []
            took = latency(directory, watched, 2 * rounds)
            for burst in BURSTS.values():
                figures.append("{:.1f} / {:.1f}".format(*looks_and_runs(directory, watched, burst, rounds)))
        finally:
            watched.process.terminate()
            watched.process.wait()
            shutil.rmtree(directory)
        print(f"{wait:>4} {took:>5.0f} ms  " + "".join(f"{one:>15}" for one in figures), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
