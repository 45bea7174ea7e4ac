import errno
import json
import os
import subprocess
import sys
from typing import Any

import click
import pytest

from pivot import errors
from pivot_cache.errors import DiskError, ObjectMissing
from pivot_cli.boundary import guard, message


def failing(error: BaseException) -> Any:
    def command() -> None:
        raise error

    return command


MISSING = errors.MissingInput(
    "the input raw.json does not exist",
    stage="train",
    argument="raw",
    file="pipeline.py",
    line=14,
    hint="make the file",
)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (MISSING, 3, "the input raw.json does not exist"),
        (errors.UsageError("there is no stage 'trian'", hint="did you mean train?"), 2, "trian"),
        (errors.StorageError("the disk is full"), 4, "the disk is full"),
        (DiskError("write", "/p/x", 28), 4, "/p/x"),
        (ObjectMissing("a" * 64, "/p/cache"), 4, "pull it, or run the stage"),
        (KeyboardInterrupt(), 130, "interrupted: what was running is not recorded"),
        (click.UsageError("Missing argument 'KEY'."), 2, "missing argument 'KEY'"),
        (click.FileError("x", "unreadable"), 2, "unreadable"),
    ],
)
def test_what_is_known_is_one_message(screen: Any, error: BaseException, code: int, says: str) -> None:
    assert guard(failing(error), screen.terminal) == code
    assert screen.err.startswith("Error: ")
    assert says in screen.err
    assert "Traceback" not in screen.err
    assert screen.out == ""


def test_a_message_says_where_and_what_to_do(screen: Any) -> None:
    guard(failing(MISSING), screen.terminal)
    assert screen.err == (
        "Error: the input raw.json does not exist\n"
        "  Stage: train\n"
        "  Argument: raw\n"
        "  File: pipeline.py:14\n"
        "  Hint: make the file\n"
    )
    assert message("x", {"details": "Traceback …\n  y\n"}) == ["Error: x", "", "Traceback …", "  y"]


def test_the_same_as_json(screen: Any) -> None:
    assert guard(failing(MISSING), screen.terminal, json=True) == 3
    assert json.loads(screen.out) == {
        "error": {
            "problem": "the input raw.json does not exist",
            "exit_code": 3,
            "kind": "MissingInput",
            "stage": "train",
            "argument": "raw",
            "file": "pipeline.py",
            "line": 14,
            "hint": "make the file",
            "details": None,
        }
    }
    assert screen.err == ""


def test_errors_of_the_cache_keep_their_fields(screen: Any) -> None:
    guard(failing(DiskError("write", "/p/x", 28)), screen.terminal, json=True)
    told = json.loads(screen.out)["error"]
    assert (told["kind"], told["path"], told["errno"], told["exit_code"]) == ("DiskError", "/p/x", 28, 4)


def test_anything_else_is_a_bug(screen: Any) -> None:
    assert guard(failing(ZeroDivisionError("division by zero")), screen.terminal) == 70
    assert "Traceback (most recent call last)" in screen.err
    assert "This is a bug in Pivot. Please report it" in screen.err


def test_what_the_system_refuses_is_no_bug(screen: Any) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/p/x")
    assert guard(failing(error), screen.terminal) == 4
    assert screen.err == "Error: cannot use /p/x: no space left on device; free some space and run again\n"
    assert guard(failing(FileNotFoundError(errno.ENOENT, "nothing there", "/p/x")), screen.terminal) == 70


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the device is Linux's own")
def test_an_output_that_cannot_be_written_is_no_bug() -> None:
    """Run in a process of its own, which loses its output."""
    program = (
        "import sys\n"
        "from pivot_cli.boundary import guard\n"
        "from pivot_cli.terminal import open_terminal\n"
        "terminal = open_terminal()\n"
        "sys.exit(guard(lambda: terminal.out.line('x' * 10_000), terminal))\n"
    )
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 4
    assert done.stderr == "Error: the output cannot be written: no space left on device\n"


def test_a_bug_as_json_keeps_its_traceback(screen: Any) -> None:
    assert guard(failing(ZeroDivisionError("division by zero")), screen.terminal, json=True) == 70
    assert json.loads(screen.out)["error"]["kind"] == "Bug"
    assert "Traceback" in screen.err


@pytest.mark.parametrize(("returned", "code"), [(0, 0), (3, 3), (None, 0), ("text", 0)])
def test_a_command_returns_its_code(screen: Any, returned: object, code: int) -> None:
    assert guard(lambda: returned, screen.terminal) == code
    assert (screen.out, screen.err) == ("", "")


def test_a_reader_that_went_away_is_no_error() -> None:
    """Run in a process of its own: what the interpreter says when it ends must be quiet too."""
    program = (
        "import sys\n"
        "from pivot_cli.boundary import guard\n"
        "from pivot_cli.terminal import open_terminal\n"
        "terminal = open_terminal()\n"
        "def command():\n"
        "    for number in range(100_000): terminal.out.line('x' * 80)\n"
        "sys.exit(guard(command, terminal))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
