"""kill -9 at any moment of a push and a pull: no wrong byte gets a name, and the next call finishes the job."""

import os
import random
import signal
import subprocess
from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from blake3 import blake3

from buckets import Buckets
from workbench import PIVOT, Project

FILES = 120
LARGE = 24 << 20  # bytes: three parts of an upload


@pytest.fixture
def shared(project: Project, buckets: Buckets, tracked: Callable[[str, int, int], str]) -> tuple[Project, str]:
    """A project that tracks many small files and a large one, and its bucket."""
    return project, tracked(buckets.endpoint, FILES, LARGE)


def kill(project: Project, command: str, after: float) -> bool:
    """Begin a command and kill its whole session after so many seconds; whether it was still at work."""
    process = subprocess.Popen(
        [PIVOT, command],
        cwd=project.path,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def took(project: Project, *words: str) -> float:
    began = perf_counter()
    project.run(*words)
    return perf_counter() - began


def check_remote(buckets: Buckets, bucket: str) -> int:
    """Compare every object of the bucket with its name; return how many there are."""
    keys = [key for key in buckets.keys(bucket) if "/objects/" in key]
    for key in keys:
        assert blake3(buckets.read(bucket, key)).hexdigest() == key.split("/objects/")[1].replace("/", "")
    return len(keys)


def empty(buckets: Buckets, bucket: str) -> None:
    for key in buckets.keys(bucket):
        buckets.delete(bucket, key)


def forget(project: Project) -> None:
    for place in ("data", ".pivot/cache"):
        subprocess.run(["rm", "-rf", place], cwd=project.path, check=True)


def push_and_pull_are_killed(shared: tuple[Project, str], buckets: Buckets, times: int) -> None:
    project, bucket = shared
    before = {path.name: path.read_bytes() for path in (project.path / "data").iterdir()}
    moment = random.Random(times)
    long = took(project, "push")
    for _ in range(times):
        empty(buckets, bucket)
        kill(project, "push", moment.uniform(0.2, 1) * long)
        check_remote(buckets, bucket)
        project.run("push")
        assert check_remote(buckets, bucket) == FILES + 2
    forget(project)
    long = took(project, "pull")
    for _ in range(times):
        forget(project)
        kill(project, "pull", moment.uniform(0.2, 1) * long)
        project.run("pull")
        assert {path.name: path.read_bytes() for path in (project.path / "data").iterdir()} == before
        project.run("fsck", "--read-data")


def test_a_push_and_a_pull_that_are_killed(shared: Any, buckets: Buckets) -> None:
    push_and_pull_are_killed(shared, buckets, 1)


@pytest.mark.sweep
@pytest.mark.timeout(1800)
def test_fifty_times(shared: Any, buckets: Buckets) -> None:
    push_and_pull_are_killed(shared, buckets, 25)
