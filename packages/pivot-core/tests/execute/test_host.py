"""The host's own protocol: what it answers to each message, spoken to directly."""

import os
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pivot.execute import wire
from pivot.execute.executor import WorkOrder
from pivot.execute.host_process import HostProcess
from pivot.execute.wire import Ending, Frame, Setup, pack, read_report, unpack

SOURCE = """
import os, pathlib, subprocess, sys, time
import pivot
pipeline = pivot.Pipeline("p")
def quick() -> None: ...
def speak() -> None: print("hello")
def hang() -> None:
    print("on", flush=True)
    time.sleep(600)
def chatty() -> None:
    subprocess.Popen(["sh", "-c", "while :; do echo still here; done"])
for function in (quick, speak, hang, chatty):
    pipeline.register(function)
"""


class Coordinator:
    """One who speaks to a host by hand."""

    def __init__(self, root: Path, method: str = "auto", source: str = SOURCE) -> None:
        self.root = root
        (root / "pipeline.py").write_text(source)
        self.host = HostProcess(Setup(str(root / "pipeline.py"), str(root), (), method, 0))
        self.heard: list[Frame] = []

    def order(self, number: int, stage: str, **fields: Any) -> None:
        root = str(self.root)
        order = WorkOrder(stage, root, f"{root}/pipeline.py", (), (), None, f"{root}/{stage}.log")
        self.host.channel.send(wire.ORDER, number, pack(order._replace(**fields)))

    def wait(self, kind: bytes, number: int) -> Frame:
        """Return the first frame of a kind about an order."""
        give_up = time.monotonic() + 20
        while True:
            for frame in self.heard:
                if (frame.kind, frame.order) == (kind, number):
                    return frame
            assert time.monotonic() < give_up, self.heard
            select.select([self.host.channel.reader], [], [], 1)
            self.heard += self.host.channel.receive()


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[Coordinator]:
    made = Coordinator(tmp_path)
    yield made
    made.host.hang_up()
    made.host.bury()


def test_it_tells_which_sources_it_compiled(coordinator: Coordinator) -> None:
    notice, sources = unpack(coordinator.wait(wire.READY, 0).payload)
    assert notice is None
    assert [file for file, _ in sources] == [str(coordinator.root / "pipeline.py")]


def test_an_order_begins_speaks_and_ends_in_that_order(coordinator: Coordinator) -> None:
    coordinator.order(7, "speak")
    ending, rest = Ending.unpack(coordinator.wait(wire.ENDED, 7).payload)
    assert [frame.kind for frame in coordinator.heard if frame.order == 7] == [wire.BEGAN, wire.TEXT, wire.ENDED]
    assert coordinator.wait(wire.TEXT, 7).payload == b"hello\n"
    assert (ending.status, ending.why) == (0, wire.ITSELF)
    report = read_report(rest)
    assert report is not None and report.failure is None and report.sources == ()


def test_an_order_that_is_cancelled_before_it_begins_does_not(coordinator: Coordinator) -> None:
    coordinator.order(1, "quick")  # both are sent while the host imports
    coordinator.host.channel.send(wire.CANCEL, 1)
    ending, rest = Ending.unpack(coordinator.wait(wire.ENDED, 1).payload)
    assert (ending.why, rest) == (wire.CANCELLED, b"")
    assert wire.BEGAN not in [frame.kind for frame in coordinator.heard]


def test_cancelling_what_is_not_there_does_nothing(coordinator: Coordinator) -> None:
    coordinator.host.channel.send(wire.CANCEL, 99)
    coordinator.order(1, "quick")
    assert Ending.unpack(coordinator.wait(wire.ENDED, 1).payload)[0].why == wire.ITSELF


def test_cancelling_twice_is_cancelling_once(coordinator: Coordinator) -> None:
    coordinator.order(1, "hang")
    coordinator.wait(wire.TEXT, 1)
    for _ in range(2):
        coordinator.host.channel.send(wire.CANCEL, 1)
    ending, _ = Ending.unpack(coordinator.wait(wire.ENDED, 1).payload)
    assert (ending.why, os.waitstatus_to_exitcode(ending.status)) == (wire.CANCELLED, -15)


def test_a_stopped_stage_can_be_cancelled(coordinator: Coordinator) -> None:
    coordinator.order(1, "hang")
    coordinator.wait(wire.TEXT, 1)
    os.kill(unpack(coordinator.wait(wire.BEGAN, 1).payload), 19)
    coordinator.host.channel.send(wire.CANCEL, 1)
    assert Ending.unpack(coordinator.wait(wire.ENDED, 1).payload)[0].why == wire.CANCELLED


def test_one_who_goes_on_printing_after_its_stage_does_not_hold_it_up(coordinator: Coordinator) -> None:
    coordinator.order(1, "chatty")
    ending, rest = Ending.unpack(coordinator.wait(wire.ENDED, 1).payload)
    assert ending.status == 0 and read_report(rest) is not None


def test_many_orders_at_once_each_get_their_own_answer(coordinator: Coordinator) -> None:
    for number in range(1, 41):
        coordinator.order(number, "speak", log=f"{coordinator.root}/{number}.log")
    for number in range(1, 41):
        assert Ending.unpack(coordinator.wait(wire.ENDED, number).payload)[0].status == 0
        assert (coordinator.root / f"{number}.log").read_text() == "hello\n"


def test_an_order_for_which_there_is_no_process_says_so(tmp_path: Path) -> None:
    source = SOURCE + "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n"
    made = Coordinator(tmp_path, source=source)
    for number in range(1, 5):
        made.order(number, "hang")
    refused = []
    for number in range(4, 0, -1):
        if not refused:
            ending, rest = Ending.unpack(made.wait(wire.ENDED, number).payload)
            refused.append((ending.why, unpack(rest)))
    assert refused == [(wire.NOT_STARTED, "no process could be started for it: Too many open files")]
    made.host.hang_up()
    made.host.bury()
