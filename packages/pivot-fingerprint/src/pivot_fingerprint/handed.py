"""Which paths project code hands to installed libraries, since these may open files that no audit event tells of.

By ``sys.monitoring``, at almost no cost. Each call in project code is looked at when it is first made. One that goes to
an installed library and may carry a path is looked at again, a limited number of times without one. A function that is
written in Python shows all that it was called with as it starts. A compiled one shows its first argument only, and the
texts of the function that calls it stand for the others. Whether anything was opened then is for ``auditing`` to find
out.
"""

import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType

from pivot_fingerprint.calls import take_identifier
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.questions import REAL

MOST = 50  # times that a place, or a function, is looked at without a path of the project, before it is given up

_LONGEST = 4096  # characters of a path
_FEW = 20  # values of a mapping that are looked at
_IMPORT_SYSTEM = frozenset({"importlib", "_frozen_importlib", "_frozen_importlib_external"})
_LISTS = (list, tuple, set, frozenset)
_WITH_ARGS, _WITH_KEYWORDS = 0x04, 0x08  # flags of code
_PATTERN = re.compile(r"[*?\[]")
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")  # as in SELECT * FROM 'data/*.parquet'

# For these a path is a mere text, or they open files by Python's own open.
_OPEN_NOTHING = frozenset({"click", "numpy", "pydantic", "pydantic_core", "tqdm"})

_monitoring = sys.monitoring
_CALL, _PY_START = _monitoring.events.CALL, _monitoring.events.PY_START

type Hand = Callable[[str, FrameType], bool]
type Ask = Callable[[object, FrameType], None]


class Handed:
    """Calls ``hand`` with each text that may be a path, and the frame of project code that hands it on.

    ``hand`` says whether something of the project is there. ``ask`` is told of files that are asked about by the
    entries of a directory, or by functions of the module ``os`` under names that were bound before (``questions``).
    """

    def __init__(self, is_project: Callable[[str], bool], hand: Hand, ask: Ask = lambda path, frame: None) -> None:
        self.missing: str | None = None
        self._is_project = is_project
        self._hand = hand
        self._ask = ask
        self._identifier: int | None = None
        # By identity: code of the same text is equal in two modules, and its hash is taken from all of it each time.
        self._watched: dict[int, tuple[CodeType, int]] = {}  # with the events that it reports
        self._left: dict[tuple[int, int], int] = {}
        self._installed: dict[str, bool] = {}

    def start(self) -> None:
        self._identifier = take_identifier()
        if self._identifier is None:
            self.missing = "paths handed to libraries: every tool identifier of sys.monitoring is taken"
            return
        _monitoring.register_callback(self._identifier, _CALL, self._safely(self._called))
        _monitoring.register_callback(self._identifier, _PY_START, self._safely(self._entered))

    def stop(self) -> None:
        if self._identifier is None:
            return
        for code, _ in self._watched.values():
            _monitoring.set_local_events(self._identifier, code, 0)
        for event in (_CALL, _PY_START):
            _monitoring.register_callback(self._identifier, event, None)
        _monitoring.free_tool_id(self._identifier)
        self._identifier = None

    def watch(self, code: CodeType) -> None:
        """Look at the calls in some code of the project from now on."""
        self._add(code, _CALL)

    def meet(self, frame: FrameType) -> None:
        """Look at a function of others as it starts for the first time: the project may call it by way of a thread."""
        asker = frame.f_back
        if self._identifier is None or (asker is not None and asker.f_code.co_filename == frame.f_code.co_filename):
            return  # most are like this
        try:
            if not _is_between(frame) and self._is_called_by_project(frame):
                self._look(given_to(frame), frame)
                self._add(frame.f_code, _PY_START)
        except Exception as error:
            self._fail(error)

    def _add(self, code: CodeType, event: int) -> None:
        _, known = self._watched.get(id(code), (code, 0))
        if self._identifier is not None and not known & event:
            self._watched[id(code)] = code, known | event
            _monitoring.set_local_events(self._identifier, code, known | event)

    def _safely(self, look: Callable[..., object]) -> Callable[..., object]:
        """Return what does the same and never raises: an exception here would be one of the user's code."""

        def looked(*args: object) -> object:
            try:
                return look(sys._getframe(1), *args)
            except Exception as error:
                return self._fail(error)

        return looked

    def _fail(self, error: Exception) -> object:
        self.missing = f"paths handed to libraries: {error!r}"
        return _monitoring.DISABLE

    def _called(self, frame: FrameType, code: CodeType, offset: int, function: object, argument: object) -> object:
        """Look at a call in project code, before it is made."""
        if isinstance(argument, os.DirEntry):
            if function == os.DirEntry.stat:
                self._ask(argument.path, frame)
            return None
        if isinstance(function, BuiltinFunctionType) and function in REAL:
            self._ask(argument, frame)
            return None
        if not self._is_installed(function):
            is_text = isinstance(argument, str | os.PathLike)  # the next time this may be the argument of another
            return self._verdict(False, code, offset) if is_text else _monitoring.DISABLE
        python = code_of(function)
        if python is not None:
            self._add(python, _PY_START)  # it starts next
            return self._verdict(False, code, offset)
        around = (one for one in (*frame.f_locals.values(), *code.co_consts) if isinstance(one, str | os.PathLike))
        return self._verdict(self._look([argument, *around], frame), code, offset)

    def _entered(self, frame: FrameType, code: CodeType, offset: int) -> object:
        """Look at what a function of a library was called with, if project code called it."""
        if not self._is_called_by_project(frame):
            return self._verdict(False, code, offset)
        return self._verdict(self._look(given_to(frame), frame), code, offset)

    def _is_called_by_project(self, frame: FrameType) -> bool:
        """Whether project code called a function, or the standard library for it; a thread has nobody else.

        The import system calls finders of libraries, with directories that it looks into itself.
        """
        asker = frame.f_back
        while asker is not None and _is_between(asker):
            if module_top(asker.f_globals.get("__name__")) in _IMPORT_SYSTEM:
                return False
            asker = asker.f_back
        return asker is None or self._is_project(asker.f_code.co_filename)

    def _look(self, values: Iterable[object], frame: FrameType) -> bool:
        found = False
        for value in values:
            for text in texts_in(value):
                if self._hand(text, frame):
                    found = True
                elif isinstance(value, _LISTS):
                    break  # if its first text is no path, none is
        return found

    def _verdict(self, found: bool, code: CodeType, offset: int) -> object:
        """Say whether a place is to be looked at again."""
        if found:
            return None
        left = self._left[id(code), offset] = self._left.get((id(code), offset), MOST) - 1
        return None if left > 0 else _monitoring.DISABLE

    def _is_installed(self, function: object) -> bool:
        """Whether a function is a library's, neither the standard one nor the project's own."""
        module = module_of(function)
        known = self._installed.get(module)
        if known is None:
            top = module_top(module)
            other = top in sys.stdlib_module_names or top in OWN_PACKAGES or top in _OPEN_NOTHING or top == "__main__"
            file = getattr(sys.modules.get(module), "__file__", None)
            source = isinstance(file, str) and file.endswith(".py") and self._is_project(file)
            known = self._installed[module] = not other and not source
        return known


def _is_between(frame: FrameType) -> bool:
    """Whether a frame is the standard library's, Pivot's, or of code that was made from text."""
    top = module_top(frame.f_globals.get("__name__"))
    return top in sys.stdlib_module_names or top in OWN_PACKAGES or not os.path.isabs(frame.f_code.co_filename)


def module_top(module: object) -> str:
    """The first part of a module's name; nothing for what is no name."""
    return module.partition(".")[0] if isinstance(module, str) else ""


def module_of(function: object) -> str:
    """The module of a function, or of whatever can be called; nothing if it does not tell, as those of cv2."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, functools.partial):
        return module_of(function.func)
    module = getattr(function, "__module__", None)
    if not isinstance(module, str):
        owner = getattr(function, "__objclass__", None) or getattr(function, "__self__", None)
        if owner is None or isinstance(owner, ModuleType):
            return "" if owner is None else owner.__name__
        module = getattr(owner if isinstance(owner, type) else type(owner), "__module__", "")
    return module if isinstance(module, str) else ""


def code_of(function: object) -> CodeType | None:
    """The code that runs if a function is called; None if it is compiled."""
    match function:
        case FunctionType():
            return function.__code__
        case MethodType():
            return code_of(function.__func__)
        case functools.partial():
            return code_of(function.func)
        case type():
            made = (getattr(function, name, None) for name in ("__init__", "__new__"))
            return next((one.__code__ for one in made if isinstance(one, FunctionType)), None)
    call = next((vars(one)["__call__"] for one in type(function).__mro__ if "__call__" in vars(one)), None)
    return call.__code__ if isinstance(call, FunctionType) else None


def given_to(frame: FrameType) -> Iterator[object]:
    """Yield the arguments of a function that starts in a frame, each by itself."""
    code, values = frame.f_code, frame.f_locals
    plain = code.co_argcount + code.co_kwonlyargcount
    yield from (values.get(name) for name in code.co_varnames[:plain])
    rest = iter(code.co_varnames[plain:])
    if code.co_flags & _WITH_ARGS:
        yield from values.get(next(rest), ())
    if code.co_flags & _WITH_KEYWORDS:
        yield from values.get(next(rest), {}).values()


def texts_in(value: object) -> Iterator[str]:
    """Yield the texts in a value that may be paths: its own, those of a list, those quoted in a query."""
    match value:
        case str():
            if 0 < len(value) < _LONGEST and "\n" not in value and "\0" not in value:
                yield _fixed(value)
            if "'" in value or '"' in value:
                yield from (_fixed(one or other) for one, other in _QUOTED.findall(value))
        case os.PathLike():
            path = os.fspath(value)
            yield path if isinstance(path, str) else os.fsdecode(path)
        case list() | tuple() | set() | frozenset():
            yield from (text for one in value for text in texts_in(one))
        case dict():
            for _, one in zip(range(_FEW), value.values(), strict=False):
                yield from texts_in(one)


def _fixed(text: str) -> str:
    """The directory in which a pattern begins; any other text as it is."""
    found = _PATTERN.search(text)
    return text if found is None else text[: found.start()].rpartition("/")[0] or "."
