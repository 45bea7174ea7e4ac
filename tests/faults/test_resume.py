"""kill -9 in the middle of one large object: the next call moves only what is missing of it, and believes nothing."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pytest

from buckets import Buckets
from faults.proxy import Answer, Proxy, between
from workbench import PIVOT, Project

PART = 8 << 20  # bytes of a part of an upload
LARGE = 2 * PART + 12345


class Shared(NamedTuple):
    """A project that tracks one large file, and the proxy before its bucket."""

    project: Project
    proxy: Proxy
    bucket: str

    @property
    def partials(self) -> Path:
        return self.project.path / ".pivot/cache/partial"

    def kill_when(self, command: str, reached: Callable[[], bool]) -> None:
        """Begin a command, and kill it once something is so."""
        process = subprocess.Popen(
            [PIVOT, command],
            cwd=self.project.path,
            env=self.project.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            pause = Event()
            while not reached():
                assert process.poll() is None, "it ended before it could be killed"
                pause.wait(0.01)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def forget(self) -> bytes:
        """Be a fresh clone: neither cache nor data; return the data."""
        data = (self.project.path / "large").read_bytes()
        subprocess.run(["rm", "-rf", "large", ".pivot/cache"], cwd=self.project.path, check=True)
        return data


@pytest.fixture
def shared(project: Project, buckets: Buckets, tracked_file: Callable[[str, int], str]) -> Iterator[Shared]:
    with between(int(buckets.endpoint.rpartition(":")[2])) as proxy:
        yield Shared(project, proxy, tracked_file(proxy.endpoint, LARGE))


def stalled(answer: Answer) -> Answer:
    """Two thirds of the body, and then nothing more."""
    return answer._replace(sent=len(answer.body) * 2 // 3, silent=True)


def sent(proxy: Proxy, method: str) -> int:
    """How many bytes went through with requests of a kind, there and back."""
    return sum(count for asked, count in proxy.moved if asked == method)


def unanswered(answer: Answer) -> Answer:
    """Nothing, for ever."""
    return answer._replace(sent=0, silent=True)


def test_a_push_goes_on_where_it_was_killed(shared: Shared, buckets: Buckets) -> None:
    shared.proxy.spoil = lambda method, path: unanswered if "partNumber=1" in path else None
    shared.kill_when("push", lambda: sent(shared.proxy, "PUT") >= PART)
    there = sent(shared.proxy, "PUT")
    assert not any("/objects/" in key for key in buckets.keys(shared.bucket))
    shared.proxy.spoil = lambda method, path: None
    shared.proxy.moved.clear()
    shared.project.run("push")
    assert sent(shared.proxy, "PUT") <= LARGE - there + 1000
    (key,) = (key for key in buckets.keys(shared.bucket) if "/objects/" in key)
    assert buckets.read(shared.bucket, key) == (shared.project.path / "large").read_bytes()


@pytest.mark.parametrize("spoiled", [False, pytest.param(True, marks=pytest.mark.sweep)])
def test_a_pull_goes_on_where_it_was_killed(shared: Shared, spoiled: bool) -> None:
    shared.project.run("push")
    data = shared.forget()
    shared.proxy.spoil = lambda method, path: stalled if method == "GET" and "/objects/" in path else None
    shared.kill_when("pull", lambda: sum(part.stat().st_size for part in shared.partials.glob("*")) >= PART)
    (partial,) = shared.partials.iterdir()
    there = partial.stat().st_size
    if spoiled:
        with partial.open("r+b") as file:
            file.seek(there // 2)
            file.write(b"something else")
    shared.proxy.spoil = lambda method, path: None
    shared.proxy.moved.clear()
    shared.project.run("pull")
    assert (shared.project.path / "large").read_bytes() == data
    assert not list(shared.partials.iterdir())
    most = LARGE - there + (LARGE if spoiled else 0)
    assert sent(shared.proxy, "GET") <= most + 10_000
    shared.project.run("fsck", "--read-data")
