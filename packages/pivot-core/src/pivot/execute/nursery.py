"""The warm server's process: imports third-party modules once, and forks processes that find them imported.

Started and told what to do by ``warm``. It holds no project code, so that each process imports that anew. Those it
forks wait until they are told what to be; they become children of the coordinator, whose orphans they are.
"""

import gc
import importlib
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.machinery import ModuleSpec
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any, NoReturn

from pivot.execute import interpreter, preloaded
from pivot.execute.descendants import flush_c
from pivot.execute.forking import obstacle
from pivot.execute.wire import pack, unpack
from pivot_fingerprint.importing import is_project

CONTROL, ALIVE = 3, 4  # descriptors that the coordinator hands over
MESSAGE = 1 << 17  # bytes of the longest message
DESCRIPTORS = 16  # of the longest

# What all that is forked here needs; the rest of Pivot's own modules come with these.
OWN = ("pivot.execute.host", "pivot.load_child", "pivot.execute.trial", "pivot_fingerprint.observation")


class Nursery:
    """The modules that are imported here, and the sockets that lead to the coordinator."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._before = frozenset(sys.modules)
        self._missed: dict[str, None] = {}

    def serve(self) -> NoReturn:
        """Do what the coordinator says until it is gone."""
        while True:
            data, sheets, _, _ = socket.recv_fds(self._control, MESSAGE, 1)
            if not data:
                break
            match unpack(data):
                case ["import", names, roots]:
                    with open(sheets[0], "wb") as sheet:  # names of files are many
                        sheet.write(pack(self._import(names, roots)))
                    self._control.send(b".")
                case ["fork"]:
                    self._fork()
        os._exit(0)

    # Importing

    def _import(self, names: Iterable[str], roots: list[str]) -> dict[str, Any]:
        """Import modules; return the obstacle that keeps children from being forked, if there is one."""
        sys.meta_path.append(self)
        for name in names:
            with suppress(Exception):  # whoever needs it will say what is wrong with it
                importlib.import_module(name)
        sys.meta_path.remove(self)
        modules = frozenset(sys.modules) - self._before
        preloaded.note(preloaded.Preloaded(modules, tuple(self._missed), dict(os.environ)))
        problem = _project_code(modules, roots) or obstacle()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        flush_c()
        gc.collect()
        gc.freeze()
        tops = {*self._missed, *(name.partition(".")[0] for name in modules)}
        files = [sys.modules[name].__file__ for name in preloaded.installed(set(modules))]
        return {"obstacle": problem, "tops": sorted(tops), "files": files}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Hear of a module that nobody found, as the last finder."""
        if path is None:
            self._missed[name] = None
        return None

    # Forking

    def _fork(self) -> None:
        """Make a child whose parent has ended; tell the coordinator its process id, with a socket that leads to it."""
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told, tell = os.pipe()
        parent = os.fork()
        if parent == 0:
            child = os.fork()
            if child == 0:
                mine.close()
                _wait(its)
            os.write(tell, pack(child))
            os._exit(0)
        os.waitpid(parent, 0)
        socket.send_fds(self._control, [os.read(told, 64)], [mine.fileno()])
        os.close(told)
        os.close(tell)
        mine.close()
        its.close()


def _project_code(modules: Iterable[str], roots: list[str]) -> str | None:
    for name in sorted(modules):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and is_project(file, roots):
            return f"an installed package imports {name}, which is code of the project"
    return None


def _wait(its: socket.socket) -> NoReturn:
    """Wait to be told what to be, and be it."""
    status = 1
    try:
        data, descriptors, _, _ = socket.recv_fds(its, MESSAGE, DESCRIPTORS)
        if data:
            code, session = unpack(data)
            _become(descriptors, session)
            exec(code, vars(sys.modules["__main__"]))
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # told as the interpreter would; nothing may get past _end
        sys.excepthook(*sys.exc_info())
    finally:
        _end(status)


def _become(descriptors: list[int], session: bool) -> None:
    """Be as if started anew: a group or session of its own, these descriptors as 0, 1, 2 and so on, and no others."""
    os.setsid() if session else os.setpgid(0, 0)
    first = len(descriptors)
    high = [os.dup(one) for one in descriptors]
    while min(high) < first:
        high = [os.dup(one) for one in high]
    for place, one in enumerate(high):
        os.dup2(one, place)
    for one in map(int, os.listdir("/dev/fd")):
        if one >= first:
            with suppress(OSError):
                os.close(one)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # or each would draw the same numbers; Python's own generator does so by itself


def _end(status: int) -> NoReturn:
    """End as an interpreter does, but for taking its modules apart, which takes longer than most of what it did."""
    with suppress(BaseException):
        import atexit

        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)


def _stream_output() -> None:
    """Open standard output and error anew as streams that do not seek: what is forked here may be given pipes."""
    reader, writer = os.pipe()
    for name in ("stdout", "stderr"):
        before = getattr(sys, name)
        place = before.fileno()
        kept = os.dup(place)
        os.dup2(writer, place)  # whether it can seek is found out once
        raw = FileIO(place, "w", closefd=False)
        stream = TextIOWrapper(BufferedWriter(raw), encoding=before.encoding, errors=before.errors)
        os.dup2(kept, place)
        os.close(kept)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.close(reader)
    os.close(writer)


def main() -> NoReturn:
    """Serve the coordinator that started this process."""
    interpreter.end_with(ALIVE)
    _stream_output()
    for name in OWN:
        importlib.import_module(name)
    with socket.socket(fileno=CONTROL) as control:
        control.set_inheritable(False)
        Nursery(control).serve()
