"""What only a live function knows: values bound when it was made, in closures, partials, defaults and instances.

The process that loads a pipeline calls this for each stage function, because no reading of source can tell what a loop
or a factory bound. The code itself is not digested here: every function or class that can be found by name becomes an
entry, and the closure follows it.
"""

import functools
import linecache
import types
from collections.abc import Sequence
from typing import Any

from pivot_fingerprint.instructions import is_ambiguous, is_from_text
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.parts import Entry, Opaque, Part
from pivot_fingerprint.values import CachedFunction, Digester, is_single_dispatch, module_file

_LITERALS = (type(None), bool, int, float, complex, str, bytes, type(...))


class Live(NamedTuple):
    """What ``capture`` found.

    ``entries`` are the project's functions, classes and modules behind it; ``parts`` have the kind ``live``; ``opaque``
    names the values that count by their type only, because they cannot be read; ``packages`` are the top-level modules
    of third-party functions and classes among the values.
    """

    entries: tuple[Entry, ...]
    parts: tuple[Part, ...]
    opaque: tuple[Opaque, ...]
    packages: tuple[str, ...]


def live_parts(function: object, *, roots: Sequence[str] = ()) -> tuple[tuple[Entry, ...], tuple[Part, ...]]:
    """The entries and parts of ``capture``, for callers that do not need the rest."""
    return capture(function, roots=roots)[:2]


def capture(function: object, *, roots: Sequence[str] = ()) -> Live:
    """Unwrap a callable down to its definitions, and digest every value that was bound to it on the way.

    Goes through ``functools.partial``, bound methods, callable instances, ``lru_cache``, ``singledispatch``, decorators
    (``__wrapped__`` and what their closures hold) and closures. Paths below one of the roots count relative to it.
    """
    walk = _Walk(roots)
    walk.follow(function)
    digester = walk.digester
    return Live(
        tuple(digester.entries), tuple(walk.parts.values()), tuple(walk.opaque), tuple(sorted(digester.packages))
    )


class _Place(NamedTuple):
    """Where the values belong that are being captured."""

    module: str
    name: str
    file: str | None
    line: int


class _Walk:
    def __init__(self, roots: Sequence[str]) -> None:
        self.digester = Digester(roots)
        self.parts: dict[str, Part] = {}
        self.opaque: list[Opaque] = []
        self._seen: dict[int, object] = {}

    def follow(self, value: Any) -> _Place:
        """Unwrap one layer; returns the place of the innermost definition, under whose name the layers are shown."""
        if id(value) in self._seen:
            return _place_of_type(value)
        self._seen[id(value)] = value
        match value:
            case functools.partial() | functools.partialmethod():
                place = self.follow(value.func)
                for i, argument in enumerate(value.args):
                    self._capture(place, f"args[{i}]", argument)
                for name, argument in value.keywords.items():
                    self._capture(place, name, argument)
                return place
            case types.MethodType():
                place = self.follow(value.__func__)
                self._instance(place, value.__self__)
                return place
            case types.FunctionType():
                return self._function(value)
            case staticmethod() | classmethod():
                return self.follow(value.__func__)
            case type():
                self.digester.digest(value)
                return _place_of_type(value)
            case types.BuiltinFunctionType():
                place = _Place(value.__module__ or "builtins", value.__name__, None, 0)
                self._capture(place, "function", value)
                return place
            case _ if isinstance(value, CachedFunction):
                return self.follow(getattr(value, "__wrapped__", None))
            case _:
                place = _place_of_type(value)
                self._instance(place, value)
                wrapped = getattr(value, "__wrapped__", None)
                if callable(wrapped):
                    self.follow(wrapped)
                return place

    def _function(self, function: types.FunctionType) -> _Place:
        code = function.__code__
        place = _Place(str(function.__globals__.get("__name__")), code.co_name, code.co_filename, code.co_firstlineno)
        if self.digester.is_project_file(code.co_filename):
            self.digester.entries[Entry(place.module, code.co_qualname, place.line)] = None
            if is_ambiguous(code):
                self._add(place, "<code>", self.digester.digest(code))
        elif is_from_text(code):
            self._capture(place, "function", function)
            what = f"{place.name}, whose code was made from text: its own instructions count"
            self.opaque.append(Opaque(what, "", 0, f"live:{place.module}:{place.name}.function"))
        elif not function.__closure__:
            self._capture(place, "function", function)
        wrapped = getattr(function, "__wrapped__", None)
        if is_single_dispatch(function):
            self._capture(place, "registry", function)
        elif function.__closure__:
            for name, cell in zip(code.co_freevars, function.__closure__, strict=True):
                self._capture_cell(place, name, cell)
        self._defaults(place, function)
        if wrapped is None:
            return place
        return self.follow(wrapped)

    def _defaults(self, place: _Place, function: types.FunctionType) -> None:
        """Values of parameters that were bound at definition, for each definition of a loop or factory another one."""
        code = function.__code__
        defaults = function.__defaults__ or ()
        names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        values = dict(zip(names, defaults, strict=True)) | (function.__kwdefaults__ or {})
        plain = _is_plain(code)
        for name, value in values.items():
            # of a definition at the margin, the source says all there is to know about a literal
            if not (plain and type(value) in _LITERALS):
                self._capture(place, name, value)

    def _instance(self, place: _Place, value: Any) -> None:
        """The state of an object whose method or ``__call__`` is the function."""
        if isinstance(value, type | types.ModuleType):
            self.digester.digest(value)
            return
        kind = type(value)
        self.digester.type_name(kind)
        label = _Place(kind.__module__, kind.__name__, place.file, place.line)
        attributes = _attributes(value)
        if attributes is None:
            self._capture(label, "state", value)
            return
        for name in sorted(attributes):
            self._capture(label, name, attributes[name])

    def _capture_cell(self, place: _Place, name: str, cell: types.CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # a name of the enclosing function that was never bound
            self._add(place, name, self.digester.cell(cell))
            return
        self._capture(place, name, content)

    def _capture(self, place: _Place, name: str, value: Any) -> None:
        digester = self.digester
        known = len(digester.unreadable)
        try:
            digest = digester.digest(value)
        except RecursionError:
            digester.unreadable.append(f"{_type_text(value)}, nested too deeply")
            digest = digester.type_name(type(value))
        key = (
            self._add(place, name, digest) if not self._is_named(value) else f"live:{place.module}:{place.name}.{name}"
        )
        for kind in digester.unreadable[known:]:
            what = f"a value of type {kind} in {place.name}.{name}"
            self.opaque.append(Opaque(what, place.file or "", place.line, key))

    def _is_named(self, value: object) -> bool:
        """Whether the entry says it all: a project module, class, or function without anything bound to it."""
        match value:
            case types.FunctionType():
                bare = not (value.__closure__ or value.__defaults__ or value.__kwdefaults__ or value.__dict__)
                return bare and not is_ambiguous(value.__code__) and self._is_project(value.__code__.co_filename)
            case type():
                return "<locals>" not in value.__qualname__ and self._is_project(module_file(value.__module__))
            case types.ModuleType():
                return self._is_project(module_file(value.__name__))
            case _:
                return False

    def _is_project(self, file: str | None) -> bool:
        return self.digester.is_project_file(file)

    def _add(self, place: _Place, name: str, digest: bytes) -> str:
        base = label = f"{place.name}.{name}"
        part = Part("live", place.module, label, digest.hex(), place.file, place.line)
        number = 1
        while part.key in self.parts:  # the same decorator twice: numbered from the outermost
            number += 1
            part = part._replace(name=f"{base}#{number}")
        self.parts[part.key] = part
        return part.key


def _place_of_type(value: Any) -> _Place:
    kind = value if isinstance(value, type) else type(value)
    return _Place(kind.__module__, kind.__name__, module_file(kind.__module__), getattr(kind, "__firstlineno__", 0))


def _is_plain(code: types.CodeType) -> bool:
    """Whether the definition stands at the margin of its file, so that it was executed once."""
    line = linecache.getline(code.co_filename, code.co_firstlineno)
    return "<" not in code.co_qualname and line != "" and not line[0].isspace()


def _attributes(value: Any) -> dict[str, Any] | None:
    """The attributes of an instance that is nothing but them; None if its class has a way of its own to be pickled."""
    kind = type(value)
    ways = ("__reduce_ex__", "__reduce__", "__getstate__")
    if any(getattr(kind, way) is not getattr(object, way) for way in ways):
        return None
    try:
        state: tuple[Any, ...] = value.__reduce_ex__(4)
    except TypeError:  # an object of C with a state that it does not show
        return None
    make, args, content, items, pairs = (*state, None, None, None)[:5]
    if make.__name__ != "__newobj__" or args != (kind,) or items is not None or pairs is not None:
        return None  # a number, a tuple, a list or a dictionary as well
    own, slots = content if isinstance(content, tuple) else (content, None)
    return {str(name): item for name, item in ((own or {}) | (slots or {})).items()}


def _type_text(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
