"""A pipeline as live objects: what ``pipeline.py`` makes, what a worker calls.

``register`` reads a function's declarations once; nothing is imported, run or looked up on disk here. Plain data for
everyone else is made from it by ``describe``.
"""

import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from pivot.declaration import DepOverrides, OutOverrides, Site, blame
from pivot.declare import Dep, Output
from pivot.errors import DeclarationError
from pivot.places import Place, calling_place, function_place, key_place, parameter_place, plain_function, return_place
from pivot.signature import read_interface
from pivot_fingerprint.named import NamedTuple

if TYPE_CHECKING:
    from pivot.params import StageParams

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@=+-]*")
LONGEST_NAME = 200  # bytes: the name is part of file names, which have 255
_MADE = "__pivot_pipelines__"  # where a module keeps the pipelines that were made in it


class Stage(NamedTuple):
    """A registered stage. Paths in ``deps`` and ``outs`` are absolute; a directory's ends in ``/``.

    The function is called with one keyword argument for each of ``deps`` (what its loader loads) and, if there is one,
    ``params_param`` (an instance of ``params_type``). It returns the value of ``outs[""]`` if ``single``, else a dict
    with the keys of ``outs``, whatever ``NotRequired`` tells type checkers, or None if there are none. ``directory`` is
    its working directory.
    """

    name: str
    function: Callable[..., Any]
    deps: Mapping[str, Dep]
    outs: Mapping[str, Output]
    single: bool
    params_param: str | None
    params_type: "type[StageParams] | None"
    params: "StageParams | Mapping[str, Any] | None"  # as given in the code
    mutex: tuple[str, ...]
    directory: str
    file: str  # where the function begins, or the call that registered it if that cannot be known
    line: int
    registered: Place
    timeout: float | None = None  # seconds

    def place(self, argument: str | None = None) -> Place:
        """Return where an argument stands: a parameter, a key of the outputs, or ``return``; else the stage itself."""
        own = Place(self.file, self.line)
        if argument is None:
            return own
        if argument in self.deps or argument == self.params_param:
            return parameter_place(self.function, argument) or own
        returned = getattr(plain_function(self.function), "__annotations__", {}).get("return")
        if argument in self.outs and isinstance(returned, type):
            return key_place(returned, argument) or own
        return return_place(self.function) or own


class Pipeline:
    """Stages in the order in which they were registered.

    Paths of its stages are relative to the directory of the file that makes it, which is also their working directory.
    """

    def __init__(self, name: str) -> None:
        frame = sys._getframe(1)
        if not isinstance(name, str) or not name or not name.isprintable():  # type: ignore[redundant-expr]  # not checked
            raise DeclarationError(
                f"the name of a pipeline must be a printable str, not {name!r}", file=calling_place(frame).file
            )
        self.name = name
        self.file, self.line = calling_place(frame)
        self.directory = os.path.dirname(self.file)
        self.included_in: Pipeline | None = None
        self._items: list[Stage | Pipeline] = []
        self._names: dict[
            str, Place
        ] = {}  # of its own stages and of those that were included, where they were registered
        frame.f_globals.setdefault(_MADE, []).append(self)

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r})"

    @property
    def stages(self) -> dict[str, Stage]:
        """All stages by name, those of included pipelines where they were included."""
        return {stage.name: stage for stage in self._walk()}

    def register[Function: Callable[..., Any]](
        self,
        function: Function,
        *,
        name: str | None = None,
        params: "StageParams | Mapping[str, Any] | None" = None,
        deps: DepOverrides | None = None,
        outs: OutOverrides | None = None,
        mutex: Iterable[str] = (),
        timeout: float | None = None,
    ) -> Function:
        """Add a stage: a plain function whose annotations say what it reads and makes. Returns the function as it is.

        ``name`` is the function's own unless it is given. ``params`` are values for its ``StageParams``: an instance or
        a dict of some of them. ``deps`` gives parameters other paths: a path keeps the declared loader, a ``pivot.Dep``
        replaces both; without an annotation a path means that the function receives the path. ``outs`` does the same
        for the keys of the outputs; for a function with a single output it is the path, ``Out`` or ``Metric`` itself.
        Stages that share a name in ``mutex`` never run at the same time. One that takes longer than ``timeout`` seconds
        is ended with all that it has started, and has failed.

        Raises DeclarationError with the argument, the file and the line of whatever is wrong.
        """
        frame = sys._getframe(1)
        registered = calling_place(frame)
        given = _own_name(function) if name is None else name
        try:
            with blame(None, lambda: registered):
                _check_function(function)
                name = _checked_name(function, name)
                self._check_unique(name, registered)
                exclusive = _checked_mutex(mutex)
                limit = _checked_timeout(timeout)
            site = Site(self.directory, registered, _scope(frame, function))
            interface = read_interface(function, site, deps=deps or {}, outs=outs, params=params)
        except DeclarationError as error:
            error.stage = given if isinstance(given, str) else None
            if error.file is None:  # the function stands in no file
                error.file, error.line = registered
            raise
        self._top()._names[name] = registered
        file, line = function_place(function) or registered
        self._items.append(
            Stage(
                name,
                function,
                interface.deps,
                interface.outs,
                interface.single,
                interface.params_param,
                interface.params_type,
                interface.params,
                exclusive,
                self.directory,
                os.path.abspath(file),
                line,
                registered,
                limit,
            )
        )
        return function

    def include(self, other: "Pipeline") -> None:
        """Join the stages of another pipeline, also those registered later; their paths stay relative to its own file.

        Raises DeclarationError if it is this pipeline, is included already, or has a stage of the same name.
        """
        registered = calling_place(sys._getframe(1))
        with blame(None, lambda: registered):
            if not isinstance(other, Pipeline):
                raise DeclarationError(f"include takes a Pipeline, not a value of type {type(other).__qualname__}")
            if other is self._top():
                raise DeclarationError(f"the pipeline {other.name} cannot include itself")
            if other.included_in is not None:
                raise DeclarationError(f"the pipeline {other.name} is included already, in {other.included_in.name}")
            for name, place in other._names.items():
                self._check_unique(name, place)
        other.included_in = self
        self._top()._names.update(other._names)
        self._items.append(other)

    def _walk(self) -> Iterator[Stage]:
        for item in self._items:
            if isinstance(item, Pipeline):
                yield from item._walk()
            else:
                yield item

    def _top(self) -> "Pipeline":
        return self if self.included_in is None else self.included_in._top()

    def _check_unique(self, name: str, place: Place) -> None:
        first = self._top()._names.get(name)
        if first is not None:
            places = " and ".join(f"{os.path.relpath(file, self.directory)}:{line}" for file, line in (first, place))
            raise DeclarationError(
                f"two stages are named {name}: {places}",
                stage=name,
                hint="give one of them another name: register(name=...)",
            )


def find_pipeline(module: ModuleType) -> Pipeline:
    """Return the pipeline of a ``pipeline.py``: the one that was made in it and is not included in another.

    Raises DeclarationError if there is none, or more than one.
    """
    file = os.path.abspath(module.__file__ or "")
    made: list[Pipeline] = vars(module).get(_MADE, [])
    found = [one for one in made if one.included_in is None]
    if len(found) == 1:
        return found[0]
    if found:
        listed = " and ".join(f"{one.name} (line {one.line})" for one in found)
        raise DeclarationError(
            f"{os.path.basename(file)} makes more than one pipeline: {listed}",
            file=file,
            line=found[1].line,
            hint="register all stages on one, or join them with include",
        )
    elsewhere = next((one for one in vars(module).values() if isinstance(one, Pipeline) and one not in made), None)
    hint = 'add: pipeline = pivot.Pipeline("name")'
    if elsewhere:
        hint += (
            f", and pipeline.include(...) for the one made in {os.path.relpath(elsewhere.file, os.path.dirname(file))}"
        )
    raise DeclarationError(f"{os.path.basename(file)} makes no pipeline", file=file, line=1, hint=hint)


def _scope(frame: FrameType, function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the local names at a ``register`` call inside a function: annotations written as text may use them."""
    same_module = getattr(plain_function(function), "__globals__", None) is frame.f_globals
    return dict(frame.f_locals) if same_module and frame.f_locals is not frame.f_globals else {}


def _check_function(function: object) -> None:
    if not callable(function):
        hint = "give the function itself, not what it returns"
        raise DeclarationError(
            f"register takes a function, not a value of type {type(function).__qualname__}", hint=hint
        )
    if isinstance(function, type):
        hint = "give a function, a bound method or an instance with __call__"
        raise DeclarationError(f"a stage cannot be the class {function.__qualname__}", hint=hint)
    plain = plain_function(function)
    for test, word in ((inspect.iscoroutinefunction, "async"), (inspect.isgeneratorfunction, "a generator")):
        if test(plain):
            problem = f"a stage cannot be {word}: its outputs are what it returns"
            raise DeclarationError(problem, hint="write a plain function that calls it")


def _checked_name(function: Callable[..., Any], name: object) -> str:
    chosen = _own_name(function) if name is None else name
    if chosen is None or chosen == "<lambda>":
        what = "a lambda" if chosen else f"a {type(function).__name__}"
        raise DeclarationError(f"{what} has no name of its own", hint='give it one: register(..., name="clean")')
    if not isinstance(chosen, str) or not NAME.fullmatch(chosen) or len(chosen.encode()) > LONGEST_NAME:
        raise DeclarationError(
            f"{chosen!r} cannot be the name of a stage",
            hint="use at most 200 letters, digits and _ . @ = + -, not . @ = + - first: register(..., name=...)",
        )
    return chosen


def _own_name(function: Callable[..., Any]) -> object:
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__name__", None)


def _checked_mutex(mutex: object) -> tuple[str, ...]:
    if isinstance(mutex, str) or not isinstance(mutex, Iterable):
        raise DeclarationError("mutex must be a list of names", hint='mutex=["gpu"]')
    listed = list(mutex)
    if not all(isinstance(one, str) and one for one in listed):
        raise DeclarationError(f"mutex must be a list of names, not {listed!r}", hint='mutex=["gpu"]')
    return tuple(dict.fromkeys(listed))


def _checked_timeout(timeout: object) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise DeclarationError(f"timeout must be a number of seconds, not {timeout!r}", hint="timeout=600")
    return float(timeout)
