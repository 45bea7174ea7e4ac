"""A project whose stages are run by a LocalExecutor, and waiting that ends."""

import select
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pivot.execute import wire
from pivot.execute.executor import Output, Result, WorkOrder
from pivot.execute.fresh_host import FreshHost
from pivot.execute.host_process import HostProcess
from pivot.execute.local import LocalExecutor
from pivot.execute.wire import Ending, Frame, Setup, pack

PATIENCE = 50.0  # seconds until a wait is a failure: a machine with much else to do may stand still for a while
HEAD = """\
import ctypes, json, os, pathlib, signal, subprocess, sys, threading, time
from typing import Annotated, Any, TypedDict
import pivot
from pivot import loaders
from pivot.loaders import JSON, PathOnly, Text

pipeline = pivot.Pipeline("test")

def stage(function):
    pipeline.register(function)
    return function

"""


class Workshop:
    """A directory with a pipeline.py, and the executors that were made for it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.executors: list[LocalExecutor] = []

    def write(self, source: str, *, head: str = HEAD) -> None:
        """Write pipeline.py: ``head``, then the stages."""
        (self.root / "pipeline.py").write_text(head + textwrap.dedent(source))

    def line(self, text: str) -> int:
        """Return the line of pipeline.py that contains a text."""
        lines = (self.root / "pipeline.py").read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def executor(self, **options: Any) -> LocalExecutor:
        """Return a new executor; it is closed when the test ends."""
        options = {"jobs": 2} | options
        made = LocalExecutor(pipeline=str(self.root / "pipeline.py"), root=str(self.root), **options)
        self.executors.append(made)
        return made

    def order(self, stage: str, **fields: Any) -> WorkOrder:
        """Return the order for a stage."""
        pipeline = str(self.root / "pipeline.py")
        order = WorkOrder(stage, str(self.root), pipeline, (), (), None, str(self.log(stage)))
        return order._replace(**fields)

    def log(self, stage: str) -> Path:
        """Return where the stage's log is."""
        return self.root / ".pivot" / "logs" / f"{stage}.log"

    def run(self, *stages: str, executor: LocalExecutor | None = None, **fields: Any) -> dict[str, Result]:
        """Run stages, as many at a time as the executor takes, and return their results."""
        executor = executor or self.executor()
        results: dict[str, Result] = {}
        waiting = list(stages)
        under_way = 0
        give_up = time.monotonic() + PATIENCE
        while len(results) < len(stages):
            assert time.monotonic() < give_up, f"no result of {set(stages) - set(results)}"
            while waiting and under_way < executor.slots:
                executor.submit(self.order(waiting.pop(0), **fields))
                under_way += 1
            for event in executor.events(1.0):
                if isinstance(event, Result):
                    results[event.stage] = event
                    under_way -= 1
        return results

    def collect(self, executor: LocalExecutor) -> list[Output | Result]:
        """Return all that happens until one result is there."""
        seen: list[Output | Result] = []
        give_up = time.monotonic() + PATIENCE
        while not any(isinstance(event, Result) for event in seen):
            assert time.monotonic() < give_up, "no result"
            seen += executor.events(1.0)
        return seen

    def is_running(self, pid: int) -> bool:
        """Return whether a process exists and is not a zombie."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

    def numbers(self, name: str) -> list[int]:
        """Return the process ids that were written to a file of the project, none if it is not there."""
        try:
            return [int(one) for one in (self.root / name).read_text().split()]
        except FileNotFoundError:
            return []

    def one(self, stage: str, **options: Any) -> Result:
        """Run one stage and return its result."""
        return self.run(stage, **options)[stage]


HOSTED = """
import os, pathlib, subprocess, sys, time
import pivot
pipeline = pivot.Pipeline("p")
def quick() -> None: ...
def speak() -> None: print("hello")
def hang() -> None:
    os.write(1, b"on\\n")  # at once, where an unbuffered print makes two pieces of it
    time.sleep(600)
def chatty() -> None:
    subprocess.Popen(["sh", "-c", "while :; do echo still here; done"])
for function in (quick, speak, hang, chatty):
    pipeline.register(function)
"""


class Coordinator:
    """One who speaks to a host by hand."""

    def __init__(self, root: Path, method: str = "auto", source: str = HOSTED) -> None:
        self.root = root
        (root / "pipeline.py").write_text(source)
        self.host = HostProcess(FreshHost())
        self.host.channel.send(wire.SETUP, 0, pack(Setup(str(root / "pipeline.py"), str(root), (), method)))
        self.heard: list[Frame] = []

    def order(self, number: int, stage: str, **fields: Any) -> None:
        root = str(self.root)
        order = WorkOrder(stage, root, f"{root}/pipeline.py", (), (), None, f"{root}/{stage}.log")
        self.host.channel.send(wire.ORDER, number, pack(order._replace(**fields)))

    def wait(self, kind: bytes, number: int) -> Frame:
        """Return the first frame of a kind about an order."""
        give_up = time.monotonic() + PATIENCE
        while True:
            for frame in self.heard:
                if (frame.kind, frame.order) == (kind, number):
                    return frame
            assert time.monotonic() < give_up, self.heard
            select.select([self.host.channel.reader], [], [], 1)
            self.heard += self.host.channel.receive()

    def ending(self, number: int) -> tuple[Ending, bytes]:
        """Return how an order ended."""
        return Ending.unpack(self.wait(wire.ENDED, number).payload)

    def close(self) -> None:
        """End the host."""
        self.host.hang_up()
        self.host.bury()


@pytest.fixture
def coordinate(tmp_path: Path) -> Iterator[Callable[..., Coordinator]]:
    """Start a host to speak to; what it runs is HOSTED and ``more``."""
    made: list[Coordinator] = []

    def coordinate(more: str = "", method: str = "auto") -> Coordinator:
        made.append(Coordinator(tmp_path, method, HOSTED + textwrap.dedent(more)))
        return made[-1]

    yield coordinate
    for one in made:
        one.close()


@pytest.fixture
def coordinator(coordinate: Callable[..., Coordinator]) -> Coordinator:
    """One who speaks to a host by hand."""
    return coordinate()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    for executor in made.executors:
        executor.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until something is true; fail if it does not become so."""

    def wait(condition: Callable[[], object]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < give_up, "it did not become true"
            time.sleep(0.005)

    return wait
