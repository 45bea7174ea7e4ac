"""What the tests of this package share: a workspace to put things in, a clock, and faults on demand."""

import errno
import os
import random
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pivot_cache import LocalStore, State

type Snapshot = dict[bytes, tuple[str, bytes]]


class Workspace:
    """A directory for a test's files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, data: bytes | str = b"", *, mode: int | None = None) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        if mode is not None:
            path.chmod(mode)
        return path

    def link(self, name: str, target: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        return path


def snapshot(path: str | os.PathLike[str]) -> Snapshot:
    """Return all that is below a path: names as bytes, with what each is and its bytes; "" is the path itself."""
    found: Snapshot = {}

    def visit(where: bytes, name: bytes) -> None:
        status = os.lstat(where)
        if stat.S_ISLNK(status.st_mode):
            found[name] = ("link", os.readlink(where))
        elif stat.S_ISDIR(status.st_mode):
            found[name] = ("directory", b"")
            for below in sorted(os.listdir(where)):
                visit(os.path.join(where, below), os.path.join(name, below))
        elif stat.S_ISREG(status.st_mode):
            kind = "executable" if status.st_mode & 0o100 else "file"
            found[name] = (kind, Path(os.fsdecode(where)).read_bytes())
        else:
            found[name] = ("special", b"")

    visit(os.fsencode(path), b"")
    return found


class Clock:
    """The real time, moved by ``ahead`` ns: far enough ahead, everything that was written counts as old."""

    def __init__(self, ahead: int = 0) -> None:
        self.ahead = ahead

    def __call__(self) -> int:
        return time.time_ns() + self.ahead


def placed(place: object, directory: object = None) -> str:
    """Return the path of an open file, or of a name in an open directory."""
    if isinstance(place, int):
        return os.readlink(f"/proc/self/fd/{place}")
    name = os.fspath(place)  # type: ignore[call-overload]
    return name if directory is None else os.path.join(os.readlink(f"/proc/self/fd/{directory}"), name)


class Faults:
    """Counts calls of the system that change a disk, and makes one of them fail or end the process."""

    CALLS = ("open", "write", "pwrite", "fsync", "rename", "mkdir", "fchmod", "ftruncate", "copy_file_range", "symlink")

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.fail_at: int | None = None
        self.number = errno.ENOSPC
        self.log: list[tuple[str, str]] = []
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **options: object) -> object:
            if name == "open" and not (len(arguments) > 1 and int(str(arguments[1])) & os.O_CREAT):
                return call(*arguments, **options)
            self.count += 1
            if self.count == self.fail_at:
                raise OSError(self.number, os.strerror(self.number))
            place = arguments[1] if name in ("rename", "symlink") else arguments[0]
            directory = options.get("dst_dir_fd") if name == "rename" else options.get("dir_fd")
            self.log.append((name, placed(place, directory)))
            return call(*arguments, **options)

        return wrapped


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    root = tmp_path / "work"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    store = LocalStore(tmp_path / "cache", durable=False)
    yield store
    store.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.db") as state:
        yield state


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


@pytest.fixture
def look() -> Callable[[str | os.PathLike[str]], Snapshot]:
    return snapshot


@pytest.fixture
def later() -> Clock:
    """A clock an hour ahead, for which nothing on the disk is new."""
    return Clock(3600 * 10**9)


@pytest.fixture
def python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a Python process that runs a text with arguments; it has ended when the test has."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def dice() -> random.Random:
    return random.Random(20)
