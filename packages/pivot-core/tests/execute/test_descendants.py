"""Processes end with their parent, and orphans are found."""

import ctypes
import os
import signal
import subprocess
import sys

import pytest

from pivot.execute.descendants import Children, end_group, group_exists, kill_group

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Linux kernel does this")


def python(source: str) -> str:
    prelude = "import os, signal, subprocess, sys, time\nfrom pivot.execute.descendants import *\n"
    return subprocess.run([sys.executable, "-c", prelude + source], capture_output=True, text=True, check=True).stdout


def test_a_group_is_killed_whole() -> None:
    command = ["sh", "-c", "sleep 600 & echo; sleep 600"]
    with subprocess.Popen(command, process_group=0, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"\n"
        assert group_exists(leader.pid)
        kill_group(leader.pid)
        assert leader.communicate(timeout=50) == (b"", None)  # nobody is left to write
        assert leader.returncode == -signal.SIGKILL


def test_a_child_that_leads_no_group_yet_is_killed_too() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        kill_group(process.pid, signal.SIGTERM)
        assert process.wait(50) == -signal.SIGTERM


def test_what_is_gone_does_not_matter() -> None:
    with subprocess.Popen(["true"], process_group=0) as process:
        process.wait(50)
    assert not group_exists(process.pid)
    kill_group(process.pid)
    end_group(process.pid)


def test_what_a_leader_leaves_behind_is_killed() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 600 & echo"], process_group=0, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"\n"
        leader.wait(50)
        assert group_exists(leader.pid)
        end_group(leader.pid)
        assert leader.stdout.read() == b""  # nobody is left to write


@LINUX
def test_children_are_those_that_were_not_waited_for() -> None:
    children = Children()
    with subprocess.Popen(["sleep", "600"]) as process:
        assert process.pid in children.now()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process.pid in children.now()
    assert process.pid not in children.now()
    for descriptor in children.descriptors():
        os.close(descriptor)


@LINUX
def test_orphans_come_to_who_adopts_them() -> None:
    told = python(
        "adopt_orphans()\n"
        "command = ['sh', '-c', 'sleep 600 > /dev/null 2>&1 & echo $!']\n"
        "out = subprocess.run(command, capture_output=True, text=True).stdout\n"
        "print(Children().now() == {int(out)})\n"
        "os.kill(int(out), signal.SIGKILL)\n"
        "print(os.waitpid(int(out), 0)[1])\n"
    )
    assert told == "True\n9\n"


@LINUX
def test_a_process_dies_with_its_parent() -> None:
    told = python(
        "reader, writer = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    start, ready = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        parent = os.getppid()\n"
        "        die_with(parent)\n"
        "        os.write(ready, b'.')\n"
        "        while os.getppid() == parent:\n"
        "            time.sleep(0.001)\n"
        "        os.write(writer, b'alive')\n"
        "        os._exit(0)\n"
        "    os.read(start, 1)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "os.close(writer)\n"
        "print(os.read(reader, 99).decode())\n"
    )
    assert told == "\n"


@LINUX
def test_a_process_whose_parent_is_gone_already_ends_at_once() -> None:
    assert python("die_with(1 if os.getppid() != 1 else 2)\nprint('still here')\n") == ""


@LINUX
def test_a_stage_is_the_first_choice_when_memory_runs_out() -> None:
    assert python("die_first()\nprint(open('/proc/self/oom_score_adj').read().strip())\n") == "500\n"


def test_what_c_has_printed_is_written_out() -> None:
    assert python("import ctypes\nctypes.CDLL(None).puts(b'from C')\nflush_c()\nos._exit(0)\n") == "from C\n"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc does this")
def test_memory_that_was_freed_is_given_back() -> None:
    source = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1])
blocks = [libc.malloc(4096) for _ in range(5001)]  # each in a page of its own
for block in blocks[:-1]: libc.free(block)  # the last keeps the others from being given back at once
before = resident()
give_back_memory()
print(before - resident() > 4000)
"""
    assert python(source) == "True\n"
