"""`./dev` on a machine where it cannot work: one line that says what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from workspace import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A directory with the script, and a bin/ with the commands it needs before it has found a Python."""
    shutil.copy(ROOT / "dev", tmp_path)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "dirname"):
        found = shutil.which(name)
        assert found
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def run(machine: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"HOME": str(machine / "home"), "PATH": str(machine / "bin")}
    command = [machine / "bin" / "sh", machine / "dev", *arguments]
    return subprocess.run(command, env=bare | environment, capture_output=True, text=True, check=False)


def install(machine: Path, name: str, body: str) -> Path:
    program = machine / "bin" / name
    program.write_text(f"#!{machine}/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def test_alone_it_says_what_it_can_do(machine: Path) -> None:
    ended = run(machine)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "./dev test" in ended.stdout


def test_without_python_it_says_how_to_get_one(machine: Path) -> None:
    ended = run(machine, "test")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Pivot needs Python 3.13 or newer: install one")
    assert ended.stderr.count("\n") == 1
    assert not (machine / ".dev").exists()


def test_an_old_python_is_none(machine: Path) -> None:
    install(machine, "python3", "exit 1")
    assert run(machine, "test").stderr.startswith("Pivot needs Python 3.13 or newer")


def test_a_python_that_was_named_and_does_not_work_is_not_replaced(machine: Path) -> None:
    named = install(machine, "old-python", "exit 1")
    ended = run(machine, "test", PIVOT_PYTHON=str(named))
    assert ended.returncode == 1
    assert ended.stderr == f"PIVOT_PYTHON is {named}, which is no working Python 3.13 or newer with venv.\n"


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3",
        "home/.pyenv/versions/3.14.1/bin/python3",
        "home/.local/share/uv/python/cpython-3.13.9/bin/python3",
    ],
)
def test_a_python_is_found_where_it_usually_is(machine: Path, place: str) -> None:
    (machine / place).parent.mkdir(parents=True, exist_ok=True)
    program = install(machine, "found", f'[ "$1" = -c ] && exit 0; echo "$0 $*" >"{machine}/called"; exit 7')
    program.rename(machine / place)
    (machine / "bin" / "rm").symlink_to(str(shutil.which("rm")))
    ended = run(machine, "test")
    assert ended.returncode == 7  # what our stand-in says to `-m venv`
    assert ended.stderr == f"Making .dev/ with {machine / place}\n"
    assert (machine / "called").read_text() == f"{machine / place} -m venv .dev/tools\n"
