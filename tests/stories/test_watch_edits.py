"""Many edits in a row, of every kind: at each quiet point the outputs are those of a fresh run, and nothing grows."""

import json
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from workbench import Project, Watched, wait_until

PIPELINE = """
from typing import Annotated

import pivot
from pack.helper import adjust

JSON = pivot.loaders.JSON


class Params(pivot.StageParams):
    factor: int = 1


def clean(raw: Annotated[list, pivot.Dep("raw.json", JSON())]) -> Annotated[list, pivot.Out("clean.json", JSON())]:
    return [value for value in raw if value is not None]


def total(
    values: Annotated[list, pivot.Dep("clean.json", JSON())], params: Params
) -> Annotated[dict, pivot.Metric("total.json")]:
    return {"total": adjust(sum(values)) * params.factor}


def count(values: Annotated[list, pivot.Dep("clean.json", JSON())]) -> Annotated[dict, pivot.Metric("count.json")]:
    return {"count": len(values)}


pipeline = pivot.Pipeline("edits")
for function in (clean, total, count):
    pipeline.register(function)
"""
HELPER = "def adjust(value):\n    return value + {constant}\n"
OUTPUTS = ("clean.json", "total.json", "count.json")
WARM = 40  # edits after which memory is measured first
GROWTH = 50  # megabytes
FRESH = 100  # edits after which outputs are held against those of a fresh run


class Edits:
    """The files as they should be, and what the outputs must be then."""

    def __init__(self, project: Project, seed: int) -> None:
        self.project = project
        self.chosen = random.Random(seed)
        self.constant, self.factor, self.raw, self.comments, self.broken = 0, 1, [1, None, 2], 0, False
        project.write({"pipeline.py": PIPELINE, "pack/__init__.py": ""})
        self.write()

    def write(self) -> None:
        text = HELPER.format(constant=self.constant) + "# again\n" * self.comments + ("def (\n" if self.broken else "")
        files = {"pack/helper.py": text, "raw.json": json.dumps(self.raw)}
        files["params.yaml"] = f"total:\n  factor: {self.factor}\n"
        for name, content in files.items():
            path = self.project.path / name
            if not path.exists() or path.read_text() != content:
                if self.chosen.random() < 0.5:
                    path.write_text(content)
                else:
                    path.with_name("saving~").write_text(content)
                    path.with_name("saving~").replace(path)

    def edit(self) -> None:
        """Change something at random."""
        match self.chosen.choice(("code", "code", "comment", "data", "params", "syntax", "mend", "output")):
            case "code":
                self.constant = self.chosen.randrange(6)
            case "comment":
                self.comments = self.chosen.randrange(4)
            case "data":
                self.raw = [self.chosen.randrange(5), None, *range(self.chosen.randrange(3))]
            case "params":
                self.factor = self.chosen.randrange(1, 5)
            case "syntax":
                self.broken = True
            case "mend":
                self.broken = False
            case "output":
                (self.project.path / self.chosen.choice(OUTPUTS)).unlink(missing_ok=True)
        self.write()

    def expected(self) -> dict[str, Any]:
        values = [value for value in self.raw if value is not None]
        total = (sum(values) + self.constant) * self.factor
        return {"clean.json": values, "total.json": {"total": total}, "count.json": {"count": len(values)}}

    def found(self) -> dict[str, Any]:
        paths = {name: self.project.path / name for name in OUTPUTS}
        try:
            return {name: json.loads(path.read_text()) for name, path in paths.items()}
        except (OSError, ValueError):
            return {}  # being written

    def settle(self, number: int, watch: Watched) -> None:
        """Make one more edit, which nothing before it can have come to, and wait until the watch has no more to do."""
        self.broken, self.constant = False, 1000 + number
        self.write()
        wait_until(lambda: self.found() == self.expected(), lambda: f"{self.expected()}\n{watch.text[-5000:]}")
        wait_until(lambda: '"event":"idle"' in watch.text.splitlines()[-1], lambda: watch.text[-5000:])


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            for child in thread.read_text().split():
                yield from tree(int(child))


def memory(pid: int) -> float:
    """Return the megabytes of a process and all below it; what they share counts once."""
    total = 0
    for one in tree(pid):
        try:
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) if line.startswith("Pss:") else 0
        except OSError:
            continue  # it has ended meanwhile
    return total / 1024


def go_through(project: Project, count: int, seed: int) -> None:
    edits = Edits(project, seed)
    first = 0.0
    with project.watching("--jsonl") as watch:
        watch.says('"event":"idle"')
        for number in range(count):
            edits.edit()
            while not edits.broken and edits.chosen.random() < 0.3:
                edits.edit()  # another before the first is through
            if not edits.broken:
                give_up = time.monotonic() + 40
                while edits.found() != edits.expected():
                    assert time.monotonic() < give_up, f"edit {number}: {edits.expected()}\n{watch.text[-5000:]}"
                    time.sleep(0.005)
            if number == WARM:
                first = memory(watch.process.pid)
            if number % FRESH == FRESH - 1:
                edits.settle(number, watch)
                assert fresh(project) == made(project)
        edits.settle(count, watch)
        if first:
            assert memory(watch.process.pid) - first < GROWTH
        left = list(tree(watch.process.pid))
        watch.end()
    wait_until(lambda: not [pid for pid in left if Path(f"/proc/{pid}/cwd").exists()])  # a zombie has none
    assert not list((project.path / ".pivot/cache/tmp").glob("*")) and not list(
        (project.path.parent / "home" / "tmp").iterdir()
    )
    assert fresh(project) == made(project)


def made(project: Project) -> dict[str, bytes]:
    return {name: (project.path / name).read_bytes() for name in OUTPUTS}


def fresh(project: Project) -> dict[str, bytes]:
    """Return what a first `pivot repro` makes of the same files."""
    with TemporaryDirectory() as directory:
        other = Project(Path(directory, "project"), Path(directory, "home"))
        shutil.copytree(project.path, other.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".pivot", *OUTPUTS))
        other.run("repro")
        return made(other)


def test_edits_in_a_row(project: Project) -> None:
    go_through(project, 25, seed=1)


@pytest.mark.sweep
@pytest.mark.timeout(1800)
def test_a_thousand_edits(project: Project) -> None:
    go_through(project, 1000, seed=2)
