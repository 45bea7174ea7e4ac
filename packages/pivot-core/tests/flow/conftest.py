"""A project of a test: a real pipeline.py, real records, a real cache, and an executor that runs nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pivot.events import Event
from pivot.execute.executor import Failure, Output, Result, WorkOrder
from pivot.options import Options
from pivot.project import discover
from pivot.repro import Summary, repro
from pivot.workspace import Workspace
from pivot_fingerprint import Observed

PIPELINE = """
from typing import Annotated
import pivot
import helpers

JSON = pivot.loaders.JSON

class Params(pivot.StageParams):
    factor: int = 2

def clean(raw: Annotated[dict, pivot.Dep("raw.json", JSON())]) -> Annotated[dict, pivot.Out("clean.json", JSON())]:
    return helpers.tidy(raw)

def total(
    clean: Annotated[dict, pivot.Dep("clean.json", JSON())], params: Params
) -> Annotated[dict, pivot.Metric("total.json")]:
    return helpers.add(clean)

pipeline = pivot.Pipeline("p")
pipeline.register(clean)
pipeline.register(total)
"""
HELPERS = """
def tidy(raw):
    return raw

def add(clean):
    return 1
"""


class FakeExecutor:
    """Writes what the test says instead of running a stage; ``observed`` and ``failures`` are told by stage."""

    slots = 2
    notice: str | None = None

    def __init__(self, bench: "Bench") -> None:
        self.bench = bench
        self.waiting: list[WorkOrder] = []
        self.dismissed = self.closed = False
        self.sources: list[str] = []
        self.started = 0

    def boot(self, sources: Sequence[str] = ()) -> None:
        self.bench.booted.append(self)
        self.sources += sources

    def start(self, packages: Sequence[str] = ()) -> None:
        self.started += 1

    def submit(self, order: WorkOrder) -> None:
        assert not self.dismissed
        self.bench.ran.append(order.stage)
        self.bench.orders[order.stage] = order
        self.waiting.append(order)

    def events(self, timeout: float | None = None) -> Iterator[Output | Result]:
        if not self.waiting:
            return
        if self.waiting[0].stage == self.bench.interrupted:
            self.bench.interrupted = None
            raise KeyboardInterrupt
        order = self.waiting.pop(0)
        failure = self.bench.failures.get(order.stage)
        for path in order.outputs:
            if failure is None:
                (self.bench.root / path).parent.mkdir(exist_ok=True)
                (self.bench.root / path).write_text(self.bench.writes(order))
        if order.stage in self.bench.during:
            self.bench.during[order.stage]()
        sources = self.bench.sources.get(order.stage, ())
        yield Result(order.stage, failure, 0.25, self.bench.observed.get(order.stage, Observed()), sources)

    def cancel(self, stage: str | None = None) -> None:
        """Nothing runs for long."""

    def dismiss(self) -> None:
        assert not self.waiting and not self.dismissed
        self.dismissed = True

    def close(self) -> None:
        self.closed = True


class Bench:
    """The project, and what the fake executor is to do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.executor = FakeExecutor
        self.ran: list[str] = []
        self.booted: list[FakeExecutor] = []
        self.orders: dict[str, WorkOrder] = {}
        self.failures: dict[str, Failure] = {}
        self.observed: dict[str, Observed] = {}
        self.sources: dict[str, tuple[tuple[str, str], ...]] = {}
        self.during: dict[str, Callable[[], None]] = {}
        self.writes: Callable[[WorkOrder], str] = lambda order: f"made by {order.stage}"
        self.events: list[Event] = []
        self.interrupted: str | None = None  # the stage at whose end Ctrl-C is pressed, once

    def write(self, **files: str) -> None:
        """Write files; two underscores stand for the dot of a name."""
        for name, text in files.items():
            (self.root / name.replace("__", ".")).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert text.count(old) == 1
        (self.root / name).write_text(text.replace(old, new))

    def open(self) -> Workspace:
        return Workspace(discover(self.root))

    def repro(self, *targets: str, **options: Any) -> Summary:
        """Run, and keep the events and the stages that ran."""
        self.ran.clear()
        self.booted.clear()
        self.events.clear()

        def make(jobs: int) -> FakeExecutor:
            return self.executor(self)

        with self.open() as workspace:
            return repro(workspace, Options(targets, **options), make, self.events.append)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write(pipeline__py=PIPELINE, helpers__py=HELPERS, raw__json="{}")
    return made
