"""Whether anything looked into functions of the project without calling them, or at the lines on which it stands.

While a pipeline is imported, an audit hook hears of each access to a function's code, of other ways to get at objects,
and of processes that are started, whose work nobody observes. Looks that see no more of a function than its parameters
are allowed. What an import did while none of this happened, it will do again, whatever is in functions that it did not
call.
"""

import inspect
import os
import sys
import typing
from _thread import get_ident
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import pivot_fingerprint

_OWN = (os.path.dirname(__file__) + os.sep, os.path.dirname(pivot_fingerprint.__file__) + os.sep)
_IMPORT_SYSTEM = "<frozen importlib"
_ALLOWED = frozenset(  # these read parameters, flags and names
    [
        inspect._signature_from_function.__code__,  # type: ignore[attr-defined]  # private
        inspect._has_code_flag.__code__,  # type: ignore[attr-defined]  # the same
        typing.overload.__code__,
    ]
)
_EVENTS = frozenset(
    [
        "object.__getattr__",
        "open",
        "sys._getframe",
        "gc.get_objects",
        "gc.get_referents",
        "gc.get_referrers",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
        "subprocess.Popen",
    ]
)


# These read lines of files: for whom? The first two for others; tracebacks show only lines that are executed.
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_LINES = (f"{_LIBRARY}linecache.py", f"{_LIBRARY}tokenize.py")
_SHOWING = (f"{_LIBRARY}traceback.py", f"{_LIBRARY}warnings.py")


class Glances:
    """Looks around from its making until ``stop``; ``looked`` and ``saw_lines`` are the answers."""

    def __init__(self, is_project: Callable[[str], bool]) -> None:
        self.looked = False
        self.saw_lines = False
        self._is_project = is_project
        self._active = True
        self._busy: set[int] = set()  # threads in which this asks for a frame, which is heard, too
        sys.addaudithook(self._hear)  # for the rest of the process, which is not long

    def stop(self) -> None:
        """Look no more."""
        self._active = False

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._active or event not in _EVENTS or (thread := get_ident()) in self._busy:
            return
        self._busy.add(thread)
        try:
            self._judge(event, args, sys._getframe(1))
        finally:
            self._busy.discard(thread)

    def _judge(self, event: str, args: tuple[Any, ...], asker: FrameType) -> None:
        match event, args:
            case "object.__getattr__", (function, "__code__"):
                self.looked |= not _is_allowed(asker) and self._is_ours(function)
            case "object.__getattr__", _:
                pass
            case "sys._getframe", _:
                file = asker.f_code.co_filename
                self.saw_lines |= file == inspect.__file__ or self._is_project(file)
            case "open", (str(path), *_):
                self.looked |= path.endswith(".py") and self._is_project(path) and not _reads_for_us(asker)
            case "open", _:
                pass
            case _:
                self.looked = True

    def _is_ours(self, function: object) -> bool:
        variables: Mapping[str, object] = getattr(function, "__globals__", {})
        file = variables.get("__file__")
        return not isinstance(file, str) or self._is_project(file)


def _is_allowed(frame: FrameType) -> bool:
    return frame.f_code in _ALLOWED or frame.f_code.co_filename.startswith(_OWN)


def _reads_for_us(asker: FrameType | None) -> bool:
    while asker is not None and asker.f_code.co_filename in _LINES:
        asker = asker.f_back
    file = asker.f_code.co_filename if asker is not None else ""
    return file in _SHOWING or file.startswith((_IMPORT_SYSTEM, *_OWN))
