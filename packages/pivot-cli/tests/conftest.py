"""What the tests of the command share: a terminal made of text, stages made by hand, the command itself."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from marking import mark_processes
from pivot.decide import Decision
from pivot.lock import Lock
from pivot.manifest import StageSpec
from pivot.observation import Observation
from pivot.plan import Step
from pivot.reasons import Reason
from pivot_cli.main import run as run_pivot
from pivot_cli.terminal import Stream, Terminal
from pivot_fingerprint import Fingerprint


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_processes(items, Path(__file__).parent, ("commands", "test_checking.py", "test_running.py", "test_sharing.py"))


class Tty(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Screen:
    """A terminal whose text can be read back."""

    def __init__(self, *, tty: bool = False, environ: dict[str, str] | None = None) -> None:
        self._out, self._err = (Tty(), Tty()) if tty else (io.StringIO(), io.StringIO())
        environ = environ or {}
        self.terminal = Terminal(Stream(self._out, environ), Stream(self._err, environ))

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def make_screen() -> type[Screen]:
    return Screen


@pytest.fixture
def pivot(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run the command in the test's directory: code, stdout, stderr."""
    for name in [name for name in os.environ if name.startswith("PIVOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)

    def run(*words: str) -> Outcome:
        capfd.readouterr()
        code = run_pivot(words)
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run


@pytest.fixture
def make_step() -> Callable[..., Step]:
    """Make a step by hand, with nothing but the decision and what the explanation looks at."""

    def make(
        *reasons: Reason,
        stage: str = "train",
        action: str | None = None,
        code: Fingerprint | None = None,
        lock: Lock | None = None,
        reads: dict[str, str | None] | None = None,
    ) -> Step:
        spec = StageSpec(stage, ".", "pipeline.py", 1, (), (), ())
        code = code or Fingerprint((), ())
        now = Observation(spec, code, code, (), {}, reads or {}, {}, {})
        decision = Decision(stage, action or ("run" if reasons else "skip"), reasons)
        return Step(spec, now, lock, decision, None)

    return make
