"""Python programs that an observed process starts tell what they see, and see nothing of it themselves."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pivot_fingerprint import Observed
from pivot_fingerprint.children import leave, listen
from pivot_fingerprint.observe import observe

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="there is no anonymous file to share"),
    pytest.mark.processes,
]

TOOL = """
import os, sys
print(open("data.txt").read(), os.environ.get("LEVEL"), os.path.exists("none.txt"))
print(sorted(name for name in os.environ if name.startswith("PIVOT_")), os.environ.get("PYTHONPATH"))
print([entry for entry in sys.path if "pivot_fingerprint" in entry])
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "tool.py").write_text(TOOL)
    (tmp_path / "data.txt").write_text("data")
    return tmp_path


def told(root: Path, *command: str, **options: object) -> tuple[str, Observed]:
    with observe([str(root)]) as watch:
        done = subprocess.run(command, capture_output=True, text=True, check=True, **options)  # type: ignore[call-overload]
    assert done.stderr == ""
    return done.stdout, watch.observed


@pytest.mark.parametrize(
    "options",
    [{}, {"close_fds": False}, {"cwd": "."}, {"env": {"LEVEL": "2"}}, {"env": {"PYTHONPATH": "/x"}}],
    ids=["spawned", "with files", "forked", "other variables", "other path"],
)
def test_a_program_tells_what_it_reads(root: Path, options: dict[str, object]) -> None:
    shown, seen = told(root, sys.executable, "tool.py", **options)
    given: dict[str, str] = options.get("env", {})  # type: ignore[assignment]  # a table of texts
    assert shown == f"data {given.get('LEVEL')} False\n[] {given.get('PYTHONPATH')}\n[]\n"
    assert {str(root / "data.txt"), str(root / "none.txt")} <= set(seen.reads)
    assert "LEVEL" in dict(seen.env)


def test_a_program_that_another_one_starts(root: Path) -> None:
    (root / "outer.py").write_text("import subprocess, sys\nsubprocess.run([sys.executable, 'to' + 'ol.py'])\n")
    assert str(root / "data.txt") in told(root, "sh", "-c", f"{sys.executable} outer.py")[1].reads


def test_a_script_with_a_first_line(root: Path) -> None:
    (root / "tool").write_text(f"#!{sys.executable}\n{TOOL}")
    (root / "tool").chmod(0o755)
    assert str(root / "data.txt") in told(root, "./tool")[1].reads


@pytest.mark.parametrize("option", ["-I", "-S", "-E"])
def test_what_is_started_in_isolation_is_left_alone(root: Path, option: str) -> None:
    shown, seen = told(root, sys.executable, option, "tool.py")
    assert shown == "data None False\n[] None\n[]\n"
    assert str(root / "data.txt") not in seen.reads


def test_other_programs_see_nothing(root: Path) -> None:
    assert "PIVOT_OBSERVED" not in told(root, "env")[0]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_are_started_anew(root: Path, method: str) -> None:
    with observe([str(root)]) as watch, multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map(Path.read_text, [root / "data.txt"]) == ["data"]
        pool.close()
        pool.join()
    assert str(root / "data.txt") in watch.observed.reads


def test_all_is_put_back() -> None:
    import _posixsubprocess

    real = _posixsubprocess.fork_exec, os.posix_spawn

    def invite() -> str | None:
        return None

    listen(invite)
    assert _posixsubprocess.fork_exec is not real[0]
    subprocess.run([sys.executable, "-c", ""], check=True)
    leave(invite)
    assert (_posixsubprocess.fork_exec, os.posix_spawn) == real
