"""Another Python like this one, with just the descriptors that it is given."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pivot.execute import interpreter

LOOK = """
import json, os, sys
seen = {
    "flags": [sys.flags.isolated, sys.flags.safe_path],
    "optimize": sys.flags.optimize,
    "warnings": sys.warnoptions,
    "options": sys._xoptions,
    "path": sys.path,
    "session": os.getsid(0) == os.getpid(),
    "leads": os.getpgrp() == os.getpid(),
    "open": [fd for fd in range(3, 60) if os.path.exists(f"/dev/fd/{fd}")],
}
os.write(1, json.dumps(seen).encode())
"""


@pytest.fixture
def look() -> Callable[..., dict[str, Any]]:
    """Start an interpreter and return what it sees."""

    def look(*, session: bool) -> dict[str, Any]:
        reader, writer = os.pipe()
        null = os.open(os.devnull, os.O_RDWR)
        pid = interpreter.start(LOOK, (null, writer, 2), session=session)
        os.close(writer)
        os.close(null)
        with os.fdopen(reader, "rb") as file:
            seen: dict[str, Any] = json.loads(file.read())
        assert os.waitpid(pid, 0)[1] == 0
        return seen

    return look


@pytest.mark.parametrize("session", [True, False])
def test_it_leads_its_own_group_or_session(look: Any, session: bool) -> None:
    seen = look(session=session)
    assert seen["session"] == session
    assert seen["leads"]


def test_it_does_not_import_from_the_present_directory(look: Any) -> None:
    assert "" not in look(session=False)["path"]
    assert os.getcwd() not in look(session=False)["path"]


def test_options_of_this_interpreter_are_passed_on() -> None:
    source = f"""
import os
from pivot.execute import interpreter
os.waitpid(interpreter.start({LOOK!r}, (0, 1, 2), session=False), 0)
"""
    command = [
        sys.executable,
        "-W",
        "ignore::ResourceWarning",
        "-X",
        "utf8=1",
        "-X",
        "importtime=0",
        "-OO",
        "-c",
        source,
    ]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert seen["optimize"] == 2
    assert seen["warnings"] == ["ignore::ResourceWarning"]
    assert seen["options"] == {"utf8": "1", "importtime": "0"}
    isolated = json.loads(subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, check=True).stdout)
    assert isolated["flags"] == [1, True]


def test_what_cannot_be_started_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(FileNotFoundError):
        interpreter.start("", (0, 1, 2), session=True)
    assert len(os.listdir("/dev/fd")) <= before


END = """
import os, subprocess, sys, time
from pivot.execute.interpreter import end_with
end_with(3)
below = subprocess.Popen(["sleep", "600"])
os.write(1, f"{below.pid}\\n".encode())
while True:
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a group when a pipe closes")
def test_a_group_ends_when_nobody_holds_the_pipe(eventually: Any) -> None:
    alive, held = os.pipe()
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    pid = interpreter.start(END, (null, writer, 2, alive), session=False)
    for one in (null, writer, alive):
        os.close(one)
    with os.fdopen(reader, "rb") as file:
        below = int(file.readline())
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        os.close(held)
        assert os.waitpid(pid, 0)[1] == 9
        assert file.read() == b""  # below is gone as well, which held it
    eventually(lambda: not os.path.exists(f"/proc/{below}/exe"))


def test_one_who_comes_too_late_ends_at_once() -> None:
    alive, held = os.pipe()
    os.close(held)
    null = os.open(os.devnull, os.O_RDWR)
    pid = interpreter.start(END, (null, null, 2, alive), session=False)
    for one in (null, alive):
        os.close(one)
    assert os.waitpid(pid, 0)[1] == 9


def test_the_group_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    alive, held = os.pipe()
    monkeypatch.setattr(os, "getpgrp", lambda: os.getpid() + 1)
    with pytest.raises(ValueError, match="does not lead its group"):
        interpreter.end_with(alive)
    os.close(held)
    os.close(alive)


def test_an_anonymous_file_has_no_name_and_is_not_inherited() -> None:
    descriptor = interpreter.anonymous_file()
    os.write(descriptor, b"x")
    assert os.pread(descriptor, 9, 0) == b"x" and not os.get_inheritable(descriptor)
    assert os.fstat(descriptor).st_nlink == 0
    os.close(descriptor)
