"""Runs the `pivot` command with a fault at one of its writes: `python injection.py repro`, the fault in PIVOT_FAULT.

    kill:N      SIGKILL instead of the N-th write, after half of its bytes if it has any
    ENOSPC:N    the N-th write fails with this error; so do EIO, EROFS, EDQUOT, EACCES
    ENOSPC:N-   the N-th write and every later one fail
    count       no fault; how many writes there were, to PIVOT_FAULT_TRACE
    trace       no fault; each write as a line of JSON, [operation, path, path or null], to PIVOT_FAULT_TRACE

A write is a call of this process that changes a disk or flushes it. Pivot calls all of them through the module `os`, so
replacing the functions there reaches each, and the product needs no hook for tests. The processes in which stages run
are not touched. Sqlite writes by itself: of the state database the commits are traced, and nothing is refused.
"""

import builtins
import errno
import json
import os
import signal
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from typing import Any

_SEVERAL_PATHS = frozenset({"rename", "replace", "link", "symlink"})
_ONE_PATH = frozenset({"mkdir", "rmdir", "unlink", "remove", "chmod", "truncate"})
_DESCRIPTOR = frozenset({"write", "pwrite", "fsync", "fdatasync", "fchmod", "ftruncate", "copy_file_range"})
_CLEARING = frozenset({"unlink", "remove", "rmdir"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

real = {name: getattr(os, name) for name in (*_SEVERAL_PATHS, *_ONE_PATH, *_DESCRIPTOR, "open")}


class Fault:
    """What happens at which write; called before each with what it is about."""

    def __init__(self, spec: str, trace: str | None) -> None:
        self.kind, _, place = spec.partition(":")
        self.onward = place.endswith("-")
        self.at = int(place.rstrip("-") or 0)
        self.count = 0
        self.trace = -1
        self.lock = threading.Lock()
        if trace is not None:
            self.trace = real["open"](trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def meet(self, name: str, path: str, other: str | None, half: Callable[[], object] | None = None) -> None:
        """Count a write, and let happen to it what is to happen."""
        with self.lock:
            self.count += 1
            if self.trace >= 0:
                line = str(self.count) if self.kind == "count" else json.dumps([name, path, other])
                if self.kind == "count":
                    os.lseek(self.trace, 0, os.SEEK_SET)
                    real["ftruncate"](self.trace, 0)
                real["write"](self.trace, f"{line}\n".encode())
            hit = self.count == self.at or (self.onward and self.count > self.at)
        if not hit:
            return
        if self.kind == "kill":
            if half is not None:
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        if name not in _CLEARING:  # a full disk takes names away
            number = getattr(errno, self.kind)
            raise OSError(number, os.strerror(number), path)


def replace(fault: Fault) -> None:
    """Put the fault between Pivot and the functions of `os`."""
    for name in _SEVERAL_PATHS:
        setattr(os, name, _of_paths(fault, name))
    for name in _ONE_PATH:
        setattr(os, name, _of_path(fault, name))
    for name in _DESCRIPTOR:
        setattr(os, name, _of_descriptor(fault, name))
    os.open = _opening(fault)
    builtins.open = _refused
    _trace_commits(fault)


def _of_paths(fault: Fault, name: str) -> Callable[..., Any]:
    def call(source: Any, target: Any, *rest: Any, **named: Any) -> Any:
        begin, end = (named.get(one, named.get("dir_fd")) for one in ("src_dir_fd", "dst_dir_fd"))
        fault.meet(name, _placed(source, begin), _placed(target, end))
        return real[name](source, target, *rest, **named)

    return call


def _of_path(fault: Fault, name: str) -> Callable[..., Any]:
    def call(path: Any, *rest: Any, **named: Any) -> Any:
        fault.meet(name, _placed(path, named.get("dir_fd")), None)
        return real[name](path, *rest, **named)

    return call


def _of_descriptor(fault: Fault, name: str) -> Callable[..., Any]:
    def call(descriptor: int, *rest: Any, **named: Any) -> Any:
        about = rest[0] if name == "copy_file_range" else descriptor
        if _is_disk(about):
            data = rest[0] if name in ("write", "pwrite") else None
            half = None if data is None else lambda: real[name](descriptor, data[: len(data) // 2], *rest[1:])
            fault.meet(name, os.readlink(f"/proc/self/fd/{about}"), None, half)
        return real[name](descriptor, *rest, **named)

    return call


def _opening(fault: Fault) -> Callable[..., Any]:
    def call(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & _WRITING and os.fspath(path) != os.devnull:
            fault.meet("open", _placed(path, dir_fd), None)
        opened: int = real["open"](path, flags, mode, dir_fd=dir_fd)
        return opened

    return call


def _placed(path: Any, directory: int | None) -> str:
    """Return the whole path of what a call names, maybe in an open directory."""
    above = os.curdir if directory is None else os.readlink(f"/proc/self/fd/{directory}")
    return os.path.abspath(os.path.join(above, os.fsdecode(path)))


def _is_disk(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    anonymous = status.st_nlink == 0  # a memfd, or the answer of the process that loads the pipeline
    return (stat.S_ISREG(status.st_mode) and not anonymous) or stat.S_ISDIR(status.st_mode)


_builtin_open = builtins.open


def _refused(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
    if set(mode) & set("wax+"):
        raise AssertionError(f"{file} is opened for writing past os.open, where no fault can be injected")
    return _builtin_open(file, mode, *rest, **named)


def _trace_commits(fault: Fault) -> None:
    connect = sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            if sql == "commit" and fault.kind == "trace":
                path = super().execute("pragma database_list").fetchone()[2]
                fault.meet("commit", path, None)
            return super().execute(sql, *rest)

    sqlite3.connect = lambda *rest, **named: connect(*rest, factory=Connection, **named)


def main() -> None:
    """Run the command."""
    fault = Fault(os.environ.pop("PIVOT_FAULT"), os.environ.pop("PIVOT_FAULT_TRACE", None))
    from pivot_cli.main import main as pivot

    replace(fault)
    pivot()


if __name__ == "__main__":
    sys.path.pop(0)  # this directory, which is nobody's import path
    main()
