import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pivot_cli import __version__


def test_run_returns_the_code_of_the_command(pivot: Callable[..., Any]) -> None:
    assert pivot("--version").code == 0
    assert pivot("--nonsense").code == 2


def test_the_process_ends_with_the_code_and_all_of_its_output(tmp_path: Path) -> None:
    def process(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pivot_cli", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert process("--version").stdout == f"pivot {__version__}\n"
    missing = process("repro")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("Error: no pipeline.py in ")


INTERRUPTED = """
import os, signal, time
from pivot_cli import main

class Place:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)

def run(words):
    try:
        Place()
        time.sleep(50)
    except KeyboardInterrupt:
        return 130

signal.signal(signal.SIGINT, signal.default_int_handler)
main.run = run
main.main()
"""


def test_an_interruption_is_not_lost_while_something_is_cleared_away() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")


def test_a_closed_stdout_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "pivot_cli", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_what_the_caller_closed_is_no_place_for_our_files(tmp_path: Path) -> None:
    def code(closed: str) -> int:
        words = f'exec "{sys.executable}" -m pivot_cli init {closed}'
        return subprocess.run(["sh", "-c", words], cwd=tmp_path, stderr=subprocess.PIPE, check=False).returncode

    assert code(">&-") == 0
    assert code("<&- >&- 2>&-") == 0
    ended = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m pivot_cli list >&-'], cwd=tmp_path, stderr=subprocess.PIPE, check=False
    )
    assert (ended.returncode, ended.stderr[:6]) == (3, b"Error:")
