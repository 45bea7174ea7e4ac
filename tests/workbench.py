"""A temporary project and the real `pivot` command: the words in which the users' stories are told.

It knows nothing of Pivot's code: it writes files, runs the installed command in a process of its own, and returns what
a user would have seen. `conftest.py` makes the fixtures from it.
"""

import os
import pty
import re
import shlex
import signal
import subprocess
import sysconfig
import textwrap
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

PIVOT = Path(sysconfig.get_path("scripts"), "pivot")


PATIENCE = 100  # seconds until a wait is a failure: a machine with much else to do may stand still for a while


def wait_until(holds: Callable[[], object], what: Callable[[], object] = str) -> None:
    """Wait until something holds, which is a matter of milliseconds; the limit is that of a test."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, what()
        time.sleep(0.005)


class Outcome(NamedTuple):
    """What a command left on the terminal."""

    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that the user saw: standard output, then standard error."""
        return self.stdout + self.stderr

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.text}[exit {self.code}]"


class Project:
    """A directory of one test, with a home directory of its own beside it: no setting of this machine is seen."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environment = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": f"{PIVOT.parent}{os.pathsep}{os.defpath}",
            "TMPDIR": str(home / "tmp"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        (home / "tmp").mkdir(parents=True)
        path.mkdir()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, made with their directories; the common indentation of a text is taken off."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                target.write_text(textwrap.dedent(content).removeprefix("\n"), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one place where `old` stands in a file."""
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")

    def exists(self, name: str) -> bool:
        return os.path.lexists(self.path / name)

    def run(
        self,
        *arguments: str,
        code: int | None = 0,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Outcome:
        """Run `pivot ARGUMENTS`; the test fails here unless the command exits with `code` (None: any code will do)."""
        return self.execute(str(PIVOT), *arguments, code=code, cwd=cwd, env=env, timeout=timeout)

    def execute(
        self,
        program: str,
        *arguments: str,
        code: int | None = 0,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Outcome:
        """Run any program as `run` does: git, for one."""
        process = subprocess.Popen(
            [program, *arguments],
            cwd=self.path / cwd,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        command = shlex.join([Path(program).name, *arguments])
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # the whole session: a worker that outlives its parent would hold the pipes open
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            outcome = Outcome(command, process.returncode, stdout, stderr)
            raise AssertionError(f"no end within {timeout} s:\n{outcome}") from None
        outcome = Outcome(command, process.returncode, stdout, stderr)
        assert code is None or outcome.code == code, f"expected exit {code}:\n{outcome}"
        return outcome

    @contextmanager
    def watching(
        self, *arguments: str, terminal: bool = False, env: Mapping[str, str] | None = None
    ) -> Iterator["Watched"]:
        """Run `pivot repro --watch ARGUMENTS` while the block lasts, then end it as Ctrl-C does."""
        if terminal:
            process, reader = self.on_terminal(*arguments, env=env)
        else:
            reader, writer = os.pipe()
            process = self._watch([str(PIVOT), "repro", "--watch", *arguments], writer, writer, env)
            os.close(writer)
        watched = Watched(process, os.fdopen(reader, "r+b" if terminal else "rb", buffering=0))
        try:
            yield watched
        finally:
            watched.end()

    def on_terminal(
        self, *arguments: str, errors: IO[bytes] | None = None, env: Mapping[str, str] | None = None
    ) -> tuple[subprocess.Popen[bytes], int]:
        """Start `pivot repro --watch ARGUMENTS` on a terminal of its own; return it and the terminal's far end."""
        reader, writer = pty.openpty()
        # whoever leads a session and opens a terminal has it for its own
        command = ["sh", "-c", 'exec "$@" <"$0"', os.ttyname(writer), str(PIVOT), "repro", "--watch", *arguments]
        process = self._watch(command, writer, errors or writer, env)
        os.close(writer)
        return process, reader

    def _watch(
        self, command: list[str], output: int, errors: IO[bytes] | int, env: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.path,
            env={**self.environment, "TERM": "xterm", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )


class Watched:
    """A watch under way: what it says is read as it comes."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: IO[bytes]) -> None:
        self.process = process
        self.text = ""
        self._terminal = terminal
        self._seen = 0
        self._more = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def says(self, pattern: str, timeout: float = PATIENCE) -> str:
        """Wait until it says something that matches, after what was waited for before; return all up to there."""
        with self._more:
            found: list[re.Match[str]] = []

            def said() -> bool:
                match = re.search(pattern, self.text[self._seen :])
                found.extend([match] if match else [])
                return bool(match) or self._over

            self._more.wait_for(said, timeout)
            assert found, (
                f"it did not say {pattern!r} after:\n{self.text[: self._seen]}\n---\n{self.text[self._seen :]}"
            )
            before = self._seen
            self._seen += found[0].end()
            return self.text[before : self._seen]

    def type(self, keys: str) -> None:
        """Type on its terminal."""
        self._terminal.write(keys.encode())

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it, and return its exit code; nothing that it started may be left."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self._reader.join(PATIENCE)
            self._terminal.close()
            raise AssertionError(f"it does not end:\n{self.text}") from None
        self._reader.join(PATIENCE)
        self._terminal.close()
        return code

    def _read(self) -> None:
        decoder = getincrementaldecoder("utf-8")("replace")
        held = ""  # half of a line's end: what is read may break off anywhere
        with suppress(OSError):  # how the end of a terminal reads
            while data := self._terminal.read(4096):
                text = held + decoder.decode(data)
                held = "\r" if text.endswith("\r") else ""
                with self._more:
                    self.text += text.removesuffix("\r").replace("\r\n", "\n")
                    self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()
