"""Digests of live values by content: equal in every process, under every hash seed, in every checkout.

Used by ``live`` for what functions capture. The order of dictionaries counts, because code can see it; that of sets and
of attributes does not. Floats count by their bits, but all NaN are one; numbers of different types are different. What
cannot be read (locks, open files, generators) counts by its type and is named in ``unreadable``.
"""

import copyreg
import enum
import functools
import os
import struct
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from pivot_fingerprint.arrays import array_digest
from pivot_fingerprint.importing import OWN_PACKAGES, is_project, normal_roots
from pivot_fingerprint.instructions import code_digest, is_ambiguous, is_from_text
from pivot_fingerprint.parts import Entry
from pivot_fingerprint.preimage import hash_pieces, text_piece

CachedFunction: type = type(functools.lru_cache(len))
_FUNCTOOLS = functools.update_wrapper.__code__.co_filename
_NAN = struct.pack(">d", float("nan"))


class Digester:
    """Digests values, and collects on the way what the digests only name: the definitions behind them.

    ``entries`` are the project functions, classes and modules that were reached, ``packages`` the top-level names of
    third-party modules, ``unreadable`` the types of what could not be read. Text and paths below one of the roots count
    relative to it.
    """

    def __init__(self, roots: Sequence[str] = ()) -> None:
        self.entries: dict[Entry, None] = {}
        self.packages: dict[str, None] = {}
        self.unreadable: list[str] = []
        self._roots = normal_roots(roots)
        self._prefixes = sorted((root.rstrip(os.sep) + os.sep for root in self._roots), key=len)
        # Cycles, as in Tarjan's algorithm: the members of one are numbered in the order of discovery while it is open
        # and refer to each other by distance; what refers to nothing outside itself is remembered by its digest.
        self._done: dict[int, tuple[object, bytes]] = {}  # the reference keeps the id from being used again
        self._open: dict[int, tuple[object, int, int]] = {}  # value, its number, the lowest number that it reaches
        self._order: list[int] = []  # ids of the open ones by number
        self._current = 0
        self._lowest = sys.maxsize

    def digest(self, value: object) -> bytes:
        """32 bytes. A value that cannot be read raises nothing; RecursionError for a hopelessly deep one."""
        atom = _ATOMS.get(type(value))
        if atom is not None:
            return atom(self, value)
        known = self._done.get(id(value))
        if known is not None:
            return known[1]
        under_way = self._open.get(id(value))
        if under_way is not None:
            self._lowest = min(self._lowest, under_way[2])
            return hash_pieces("again", str(self._current - under_way[1]).encode())
        return self._compound(value)

    def _compound(self, value: object) -> bytes:
        outer, outer_lowest, number = self._current, self._lowest, len(self._order)
        self._current, self._lowest = number, number
        self._open[id(value)] = (value, number, number)
        self._order.append(id(value))
        try:
            result = self._contents(value)
            lowest = self._lowest
        except BaseException:
            self._close(number)
            raise
        finally:
            self._current, self._lowest = outer, outer_lowest
        if lowest < number:  # part of a cycle that is still open
            self._open[id(value)] = (value, number, lowest)
            self._lowest = min(outer_lowest, lowest)
        else:
            self._close(number)
            self._done[id(value)] = (value, result)
        return result

    def _close(self, number: int) -> None:
        for member in self._order[number:]:
            del self._open[member]
        del self._order[number:]

    def _contents(self, value: Any) -> bytes:
        handler = _HANDLERS.get(type(value))
        if handler is not None:
            return handler(self, value)
        for kind, handler in _FAMILIES:
            if isinstance(value, kind):
                return handler(self, value)
        array = array_digest(value, self.digest)
        if array is not None:
            self.packages["numpy"] = None
            return array
        return self._object(value)

    # Plain values and containers.

    def _constant(self, value: object) -> bytes:
        return hash_pieces("constant", repr(value).encode())

    def _int(self, value: int) -> bytes:
        return hash_pieces("int", f"{value:x}".encode())

    def _float(self, value: float) -> bytes:
        return hash_pieces("float", _bits(value))

    def _complex(self, value: complex) -> bytes:
        return hash_pieces("complex", _bits(value.real), _bits(value.imag))

    def _bytes(self, value: bytes | bytearray) -> bytes:
        return hash_pieces(type(value).__name__, bytes(value))

    def _str(self, text: str) -> bytes:
        for prefix in self._prefixes:
            if (text + os.sep).startswith(prefix):
                return hash_pieces("str below the root", text_piece(text[len(prefix) :]))
        return hash_pieces("str", text_piece(text))

    def _path(self, value: PurePath) -> bytes:
        return hash_pieces("path", self.type_name(type(value)), self._str(str(value)))

    def _sequence(self, value: list[Any] | tuple[Any, ...]) -> bytes:
        return hash_pieces(type(value).__name__, *map(self.digest, value))

    def _dict(self, value: Mapping[Any, Any]) -> bytes:
        return hash_pieces("dict", *(self.digest(part) for pair in value.items() for part in pair))

    def _attributes(self, value: Mapping[str, Any]) -> bytes:
        pieces = (piece for name in sorted(value) for piece in (text_piece(name), self.digest(value[name])))
        return hash_pieces("attributes", *pieces)

    def _set(self, value: set[Any] | frozenset[Any]) -> bytes:
        own = self._attributes(getattr(value, "__dict__", {}))
        return hash_pieces("set", self.type_name(type(value)), own, *sorted(map(self.digest, value)))

    def _range(self, value: range) -> bytes:  # ranges with the same numbers are equal
        numbers = (len(value), value[0] if value else 0, value.step if len(value) > 1 else 0)
        return hash_pieces("range", *map(self.digest, numbers))

    def _enum(self, value: enum.Enum) -> bytes:
        member = text_piece(str(value._name_))
        return hash_pieces("enum", self.type_name(type(value)), member, self.digest(value._value_))

    # Definitions: their text is followed by the static closure, from the entries. Here counts which one it is.

    def type_name(self, kind: type) -> bytes:
        """Module and qualified name of a type, as bytes without ambiguity; notes where it is defined."""
        module, line = kind.__module__, getattr(kind, "__firstlineno__", 0)
        if module in sys.modules or not any(map(self.is_project_file, _files(kind))):
            self._note(module, kind.__qualname__, line)
        else:
            self.entries[Entry(module, kind.__qualname__, line)] = None
        return hash_pieces("name", text_piece(module), text_piece(kind.__qualname__))

    def is_project_file(self, file: str | None) -> bool:
        return file is not None and is_project(file, self._roots)

    def _note(self, module: str, qualname: str, line: int) -> None:
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in OWN_PACKAGES:
            return
        if self.is_project_file(module_file(module)):
            self.entries[Entry(module, qualname, line)] = None
        elif module_file(top) is not None:  # some types of C name a module that does not exist
            self.packages[top] = None

    def _module(self, value: types.ModuleType) -> bytes:
        self._note(value.__name__, "", 0)
        return hash_pieces("module", text_piece(value.__name__))

    def _class(self, value: type) -> bytes:
        name = self.type_name(value)
        if "<locals>" not in value.__qualname__:
            return hash_pieces("class", name)
        # made by a function: what its methods close over is known to the live class only
        bases = map(self.digest, value.__bases__)
        return hash_pieces("local class", name, self._attributes(_own_attributes(value)), *bases)

    def _builtin(self, value: Any) -> bytes:
        owner = getattr(value, "__self__", None)
        bound = b"" if isinstance(owner, types.ModuleType) else self.digest(owner)
        module = getattr(value, "__module__", None) or ""
        if module:
            self._note(module, value.__qualname__, 0)
        of = getattr(value, "__objclass__", None)
        defined = b"" if of is None else self.type_name(of)
        return hash_pieces("builtin", text_piece(module), text_piece(value.__qualname__), bound, defined)

    def _function(self, value: types.FunctionType) -> bytes:
        code = value.__code__
        module = str(value.__globals__.get("__name__"))
        ours = self.is_project_file(code.co_filename)
        if ours:
            self.entries[Entry(module, code.co_qualname, code.co_firstlineno)] = None
        else:
            self._note(module, code.co_qualname, code.co_firstlineno)
        name = hash_pieces("name", text_piece(module), text_piece(code.co_qualname))
        if is_single_dispatch(value):
            registry: Mapping[type, Any] = value.registry  # type: ignore[attr-defined]  # what makes it one
            implementations = sorted(self.digest(kind) + self.digest(registry[kind]) for kind in registry)
            return hash_pieces("single dispatch", *implementations)
        unnamed = is_ambiguous(code) or is_from_text(code)
        if not (ours or unnamed or value.__closure__ or hasattr(value, "__wrapped__")):
            return hash_pieces("function", name)
        return hash_pieces(
            "function",
            name,
            self.digest(code) if unnamed else b"",
            self.digest(value.__defaults__),
            self._attributes(value.__kwdefaults__ or {}),
            self._attributes(value.__dict__),
            *map(self.cell, value.__closure__ or ()),
        )

    def _code(self, value: types.CodeType) -> bytes:
        return code_digest(value, self.digest)

    def cell(self, cell: types.CellType) -> bytes:
        """What a closure's cell holds; a name that was not bound yet has a digest of its own."""
        try:
            content = cell.cell_contents
        except ValueError:
            return hash_pieces("empty cell")
        return self.digest(content)

    def _method(self, value: types.MethodType) -> bytes:
        return hash_pieces("method", self.digest(value.__self__), self.digest(value.__func__))

    def _wrapped(self, value: Any) -> bytes:
        return hash_pieces(type(value).__name__, self.digest(value.__func__))

    def _property(self, value: property) -> bytes:
        return hash_pieces("property", *map(self.digest, (value.fget, value.fset, value.fdel)))

    def _cached(self, value: Any) -> bytes:
        return hash_pieces("cached function", self._dict(value.cache_parameters()), self.digest(value.__wrapped__))

    # Other objects: what pickle would take, which for most are their attributes.

    def _object(self, value: object) -> bytes:
        kind = type(value)
        name = self.type_name(kind)
        try:
            reducer = copyreg.dispatch_table.get(kind)
            return self._reduced(name, value.__reduce_ex__(4) if reducer is None else reducer(value))
        except RecursionError:
            raise
        except Exception:  # whatever a class's own methods raise: it cannot be read
            self.unreadable.append(f"{kind.__module__}.{kind.__qualname__}")
            return hash_pieces("unreadable", name)

    def _reduced(self, name: bytes, reduced: str | tuple[Any, ...]) -> bytes:
        if isinstance(reduced, str):
            return hash_pieces("global", name, text_piece(reduced))
        make, args, state, items, pairs, setter = (*reduced, None, None, None, None)[:6]
        return hash_pieces(
            "reduced",
            name,
            self.digest(make),
            self.digest(args),
            self.digest(None if items is None else list(items)),
            self.digest(None if pairs is None else [part for pair in pairs for part in pair]),
            self.digest(setter),
            *map(self._state, state if isinstance(state, tuple) and len(state) == 2 else (state,)),
        )

    def _state(self, state: object) -> bytes:
        if isinstance(state, dict) and all(type(name) is str for name in state):
            return self._attributes(state)
        return self.digest(state)


def _bits(value: float) -> bytes:
    return _NAN if value != value else struct.pack(">d", value)


def module_file(name: str) -> str | None:
    """Where an imported module comes from; for a namespace package a path inside its first directory."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return os.path.abspath(file)
    places = list(getattr(module, "__path__", ()))
    return os.path.join(places[0], "__init__.py") if places else None


def is_single_dispatch(value: types.FunctionType) -> bool:
    return value.__code__.co_filename == _FUNCTOOLS and hasattr(value, "registry") and hasattr(value, "dispatch")


def _files(kind: type) -> Iterable[str]:
    """The files that the functions of a class come from; its module may have been run without being registered."""
    return (item.__code__.co_filename for item in vars(kind).values() if isinstance(item, types.FunctionType))


def _own_attributes(kind: type) -> dict[str, Any]:
    """The attributes of a class without those that Python adds to all classes."""
    functions = (types.FunctionType, staticmethod, classmethod, property)
    added = ("__dict__", "__weakref__", "_abc_impl")
    return {
        name: item
        for name, item in vars(kind).items()
        if isinstance(item, functions) or not (name in added or (name.startswith("__") and name.endswith("__")))
    }


def digest_value(value: object, *, roots: Sequence[str] = ()) -> str:
    """The digest of a value by content, 64 hex digits; see ``Digester`` for what it does not contain."""
    return Digester(roots).digest(value).hex()


type _Handler = Callable[[Digester, Any], bytes]

_ATOMS: dict[type, _Handler] = {
    type(None): Digester._constant,
    bool: Digester._constant,
    type(...): Digester._constant,
    type(NotImplemented): Digester._constant,
    int: Digester._int,
    float: Digester._float,
    complex: Digester._complex,
    str: Digester._str,
    bytes: Digester._bytes,
}
_HANDLERS: dict[type, _Handler] = {
    list: Digester._sequence,
    tuple: Digester._sequence,
    dict: Digester._dict,
    types.MappingProxyType: Digester._dict,
    bytearray: Digester._bytes,
    range: Digester._range,
    types.FunctionType: Digester._function,
    types.MethodType: Digester._method,
    types.CodeType: Digester._code,
    types.CellType: Digester.cell,
    staticmethod: Digester._wrapped,
    classmethod: Digester._wrapped,
    property: Digester._property,
    CachedFunction: Digester._cached,
    types.BuiltinFunctionType: Digester._builtin,
    types.MethodDescriptorType: Digester._builtin,
    types.WrapperDescriptorType: Digester._builtin,
    types.MethodWrapperType: Digester._builtin,
    types.ClassMethodDescriptorType: Digester._builtin,
}
_FAMILIES: tuple[tuple[type, _Handler], ...] = (
    (set, Digester._set),
    (frozenset, Digester._set),
    (PurePath, Digester._path),
    (enum.Enum, Digester._enum),
    (type, Digester._class),
    (types.ModuleType, Digester._module),
)
