"""The host from outside: it starts, hears, ends when it is told to or left, and its last words are kept."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.execute import wire
from pivot.execute.fresh_host import FreshHost
from pivot.execute.host_process import HostProcess
from pivot.execute.wire import Closed, Frame, Setup


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    file = tmp_path / "pipeline.py"
    file.write_text("import pivot\npipeline = pivot.Pipeline('p')\n")
    return file


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a host ends by itself is seen also where that takes its time."""
    monkeypatch.setattr("pivot.execute.host_process.GIVE_UP", 50)
    monkeypatch.setattr("pivot.execute.host_process.EXIT", 50)


@pytest.fixture
def frames() -> object:
    """Wait for frames until one of a kind has come."""

    def wait(host: HostProcess, kind: bytes) -> list[Frame]:
        import select

        seen: list[Frame] = []
        while not any(frame.kind == kind for frame in seen):
            assert select.select([host.channel.reader], [], [], 50)[0]
            seen += host.channel.receive()
        return seen

    return wait


def start(pipeline: Path, method: str = "auto") -> HostProcess:
    host = HostProcess(FreshHost())
    host.channel.send(wire.SETUP, 0, wire.pack(Setup(str(pipeline), str(pipeline.parent), (), method)))
    return host


def test_it_gets_ready_and_ends_when_it_is_told_to(pipeline: Path, frames) -> None:
    host = start(pipeline)
    assert [frame.kind for frame in frames(host, wire.READY)] == [wire.READY]
    host.hang_up()
    assert host.bury().problem == "the process that imports the pipeline ended with status 0"


def test_one_that_is_not_told_what_to_import_ends_at_once() -> None:
    host = HostProcess(FreshHost())
    host.hang_up()
    assert host.bury().problem.endswith(("killed by signal 15 (SIGTERM)", "with status 0"))


def test_it_ends_when_its_pipe_is_closed(pipeline: Path, frames) -> None:
    host = start(pipeline)
    frames(host, wire.READY)
    os.close(host.channel.writer)
    host.channel.writer = os.open(os.devnull, os.O_WRONLY)
    assert host.bury().problem.endswith("ended with status 0")


def test_one_that_ignores_everything_is_killed(pipeline: Path, frames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot.execute.host_process.GIVE_UP", 0.2)
    pipeline.write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('on', 'w').close()\ntime.sleep(600)\n"
    )
    host = start(pipeline)
    while not (pipeline.parent / "on").exists():
        os.sched_yield() if sys.platform == "linux" else None
    host.hang_up()
    assert host.bury().problem.endswith("killed by signal 9 (SIGKILL), perhaps out of memory")


def test_its_last_words_are_kept(pipeline: Path) -> None:
    pipeline.write_text("print('x' * 9000, 'the end', flush=True)\nimport os\nos._exit(3)\n")
    host = start(pipeline)
    with pytest.raises(Closed):
        while True:
            list(host.channel.receive())
    failure = host.bury()
    assert failure.problem == "the process that imports the pipeline ended with status 3"
    assert failure.traceback is not None and failure.traceback.endswith("the end\n") and len(failure.traceback) <= 8192


def test_what_the_import_started_ends_with_it(pipeline: Path, frames, eventually, workshop) -> None:
    pipeline.write_text(
        "import pathlib, subprocess, pivot\npipeline = pivot.Pipeline('p')\n"
        "below = subprocess.Popen(['sleep', '600'])\npathlib.Path('pids').write_text(str(below.pid))\n"
    )
    for end in (signal.SIGTERM, signal.SIGKILL):
        host = start(pipeline)
        frames(host, wire.READY)
        (pid,) = workshop.numbers("pids")
        assert workshop.is_running(pid)
        os.kill(host.pid, end)
        host.bury()
        eventually(lambda pid=pid: not workshop.is_running(pid))


def test_nothing_is_left_open_when_none_can_be_started(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(FileNotFoundError):
        start(pipeline)
    assert len(os.listdir("/dev/fd")) <= before


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = len(os.listdir("/dev/fd"))
    yield
    assert len(os.listdir("/dev/fd")) <= before
