"""Which threads stand in the way of a fork. Each case is asked in an interpreter of its own."""

import subprocess
import sys

import pytest

from pivot.execute import forking

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="on macOS stages are never forked")
TICKER = "threading.Thread(target=time.sleep, args=(600,), name='ticker', daemon=True).start()"
# What a library does that starts a thread which it ends before each fork.
TIDY = """
stop = threading.Event()
thread = threading.Thread(target=stop.wait, daemon=True)
thread.start()
os.register_at_fork(before=lambda: (stop.set(), thread.join()))
"""


def obstacle(setup: str) -> str:
    source = f"import os, threading, time\n{setup}\nfrom pivot.execute.forking import obstacle\nprint(obstacle())"
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=50).stdout.strip()


@LINUX
def test_one_thread_is_no_obstacle() -> None:
    assert obstacle("") == "None"


@LINUX
def test_a_thread_that_stays_is() -> None:
    assert obstacle(TICKER).startswith("importing the pipeline started 1 thread (")


@LINUX
def test_several_are_counted() -> None:
    assert "started 3 threads (" in obstacle("\n".join([TICKER] * 3))


@LINUX
def test_a_thread_that_ends_for_the_fork_is_not() -> None:
    assert obstacle(TIDY) == "None"


@LINUX
@pytest.mark.parametrize("library", ["numpy", "pandas", "pyarrow", "matplotlib.pyplot"])
def test_the_usual_libraries_are_not(library: str) -> None:
    pytest.importorskip(library)
    assert obstacle(f"import {library}") == "None"


def test_macos_is_always_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert forking.obstacle() == "forking is not safe on macOS"


@LINUX
def test_forking_beside_a_thread_gives_no_warning() -> None:
    source = f"""
import os, threading, time
from pivot.execute.forking import how_to_fork
assert how_to_fork() is os.fork
{TICKER}
pid = how_to_fork()()
os._exit(0) if pid == 0 else print(os.waitpid(pid, 0)[1])
"""
    command = [sys.executable, "-W", "error", "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "")
