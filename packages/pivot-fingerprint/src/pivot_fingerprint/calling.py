"""Reading calls and decorators: what they call, with which arguments, and what some of them reach by a text.

One layer of the reader of source, between ``naming`` and ``doing``.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pivot_fingerprint.callers import (
    CHANGES_FIRST,
    OPERATORS,
    calls_first,
    calls_key,
    is_lazy,
    makes_fields,
    reads_members,
    sees_names,
    uses_up,
    words_in_texts,
)
from pivot_fingerprint.definitions import (
    BARE,
    CALLED,
    CALLS_OWN,
    CALLS_PARAMETER,
    DECORATING,
    DISCARDED,
    DYNAMIC,
    GIVEN,
    HANDS,
    IMPORT,
    INTROSPECTS,
    INVOKES,
    ITSELF,
    MUTATES,
    OPERATES,
    ORDERS,
    PARAMETER,
    SETS,
    SHARED,
    STORE,
    USED,
    VALUE,
    join,
)
from pivot_fingerprint.locations import Locations
from pivot_fingerprint.naming import GLOBALS, IMPORTERS, NamingReader
from pivot_fingerprint.reading import Module, dotted
from pivot_fingerprint.scopes import find
from pivot_fingerprint.vocabulary import MUTATORS

_UNFOLLOWED = {
    "builtins.eval": "eval",
    "builtins.exec": "exec",
    "runpy.run_path": "a script that is run by its path",
    "runpy.run_module": "a module that is run by its name",
    "importlib.util.spec_from_file_location": "a module that is loaded by its path",
    "importlib.machinery.SourceFileLoader": "a module that is loaded by its path",
    "ctypes.CDLL": "a C library",
    "ctypes.cdll.LoadLibrary": "a C library",
}
# Built-in functions that call what they are given.
_CALLERS = frozenset(f"builtins.{name}" for name in ("filter", "iter", "map", "max", "min", "sorted"))
_ATTRIBUTE_READERS = frozenset({"builtins.getattr", "builtins.hasattr"})
_ATTRIBUTE_WRITERS = frozenset({"builtins.setattr", "builtins.delattr"})
_RUN_BY_PATH = {
    "runpy.run_path": 0,
    "importlib.util.spec_from_file_location": 1,
    "importlib.machinery.SourceFileLoader": 1,
}
_SUBPROCESSES = frozenset(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output"))
_SCRIPTS = (".py", ".sh", ".bash", ".R", ".r", ".jl", ".pl", ".rb", ".js", ".sql", ".awk")
_SPECS = frozenset({"importlib.util.find_spec", "importlib.find_loader", "pkgutil.find_loader", "runpy.run_module"})
_DISTRIBUTIONS = frozenset(
    f"importlib.metadata.{name}" for name in ("version", "distribution", "metadata", "requires", "files")
)
MODULES_OF_PROCESS = frozenset(f"sys.modules.{name}" for name in ("get", "items", "pop", "setdefault", "values"))
_PATH_CHANGES = frozenset({"sys.path.insert", "sys.path.append", "sys.path.extend", "site.addsitedir"})

_NOTABLE = frozenset(_UNFOLLOWED).union(
    _RUN_BY_PATH, _SUBPROCESSES, _SPECS, _DISTRIBUTIONS, CHANGES_FIRST, IMPORTERS, MODULES_OF_PROCESS
)


class CallingReader(NamingReader):
    """The reader of names, and of calls as well."""

    def __init__(self, module: Module, binds: Sequence[str] = ()) -> None:
        super().__init__(module, binds)
        self.used_up: set[ast.expr] = set()

    def expression(self, node: ast.Expr) -> None:
        """Write a statement that is one expression."""
        self.out.append("Expr")
        value = node.value
        if isinstance(value, ast.Await) and isinstance(value.value, ast.Call):
            self.out.append("await")
            value = value.value
        if isinstance(value, ast.Call):
            self.call(value, DISCARDED)
        elif isinstance(value, ast.BinOp):
            self.operation(value, DISCARDED)
        else:
            self.visit(value)

    def decorator(self, node: ast.expr) -> None:
        """Write a decorator: a call with what it decorates."""
        if isinstance(node, ast.Call):
            self.call(node, DECORATING)
            return
        numbers: list[int] = []
        path = dotted(node)
        if path is not None:
            name, _, attributes = path.partition(".")
            numbers = self.load(name, attributes, CALLED)
        elif isinstance(node, ast.Attribute):
            numbers = self.attribute(node, CALLED)
        else:
            self.visit(node)
        for number in numbers:
            self.effect(INVOKES, number, DECORATING, [[0, "="]])

    def call(self, node: ast.Call, how: int = USED) -> None:
        """Write a call, and record what it may do."""
        canonical = self.canonical(node.func)
        path = self.module_path(node) if canonical in IMPORTERS or canonical in GLOBALS else None
        if path is not None:
            number = self.emit_ref(path, VALUE)
            if path == ".":
                self.cannot_follow("globals()", node)
            elif path.startswith("&"):
                self.marks |= DYNAMIC
                self.opaque.append(["a computed module name", node.lineno, number])
            return
        self.out.append("Call(")
        if canonical in _ATTRIBUTE_READERS and len(node.args) >= 2:
            self.read_attribute(node)
        elif canonical in _ATTRIBUTE_WRITERS and len(node.args) >= 2:
            self.write_attribute(node)
        else:
            self.plain_call(node, how, canonical)
            if canonical in _NOTABLE:
                self.look_closer(node, canonical)
        self.out.append(")")

    def plain_call(self, node: ast.Call, how: int, canonical: str) -> None:
        """Write a call of anything without a meaning of its own."""
        numbers = self.callee(node.func, how)
        self.look_at_names(node, canonical)
        known = "" if self.module.open else canonical  # a name that a star import gives may be any function's
        used_up = node in self.used_up
        starred = [one for one in node.args if isinstance(one, ast.Starred)]
        self.use_up(node.args if uses_up(node, known, used_up=used_up) else starred)
        self.out.append("(")
        given: list[list[Any]] = []
        changes = False
        for at, argument in enumerate(node.args):
            changes |= self.give(argument, called=at == 0 and calls_first(known, used_up=used_up))
            given.extend([at, number] for number in self.argument(argument))
        for keyword in node.keywords:
            self.out.append((keyword.arg or "**") + "=")
            changes |= self.give(keyword.value, called=keyword.arg == "key" and calls_key(known))
            given.extend([keyword.arg or -1, number] for number in self.argument(keyword.value))
        if how == DISCARDED and any(path == f"~{SHARED}" for one in node.args for path, _ in self.owners(one)):
            self.effect(PARAMETER, SHARED)
        if canonical in _PATH_CHANGES and self.adds_to_path(node):
            return
        for number in numbers:
            self.effect(INVOKES, number, how, given)
        for number in [one for _, one in given if changes and one >= 0]:
            self.effect(MUTATES, number, "", 0)
        if not numbers and canonical in _CALLERS:
            self.effect(HANDS, given)
        elif not numbers and isinstance(node.func, ast.Attribute):
            self.effect(HANDS, [one for one in given if one[1] >= 0])
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            self.call_of_result(node.func.value, node.func.attr, how, given)

    def look_at_names(self, node: ast.Call, canonical: str) -> None:
        """Record whether a call asks for names of other code, and which of them it finds by texts."""
        if sees_names(node, canonical):
            self.marks |= DYNAMIC
            for name in filter(self.module.binds_name, sorted(words_in_texts(node, self.module.values))):
                self.ref(name, VALUE)
        if reads_members(node, canonical, self.is_object):
            self.marks |= ORDERS
        if makes_fields(node, canonical):
            self.marks |= INTROSPECTS

    def use_up(self, nodes: Iterable[ast.expr]) -> None:
        """Remember that the iterators which calls give are asked for their elements, and seen by nobody else."""
        for one in nodes:
            node = one.value if isinstance(one, ast.Starred) else one
            if isinstance(node, ast.Call) and is_lazy(self.canonical(node.func)):
                self.used_up.add(node)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """Write a comprehension, which sees only the elements of what it loops over."""
        self.use_up(one.iter for one in node.generators)
        super().comprehension(node)

    def give(self, argument: ast.expr, *, called: bool = False) -> bool:
        """Write an argument; whether it is a lambda that changes what it is given."""
        path = dotted(argument) if called else None
        if path is not None:
            name, _, attributes = path.partition(".")
            self.load(name, attributes, CALLED)
            self.mention(path.rpartition(".")[2])
            return False
        if not isinstance(argument, ast.Lambda):
            self.visit(argument)
            return False
        effects = self.effects[min(self.depth, 2)]
        known = len(effects)
        self.handed += 1
        self.visit(argument)
        self.handed -= 1
        return any(one[0] == PARAMETER for one in effects[known:])

    def call_of_result(self, inner: ast.Call, method: str, how: int, given: list[list[Any]]) -> None:
        """Record a call of a method of what another call gives: ``Setup(registry).run()``."""
        values = [*inner.args, *(keyword.value for keyword in inner.keywords)]
        kept = [[-1, number] for one in values for number in self.argument(one)]
        for path, far in self.owners(inner.func):
            if far < GIVEN and path in self.refs:
                self.effect(OPERATES, self.refs[path][0], method, how, given, kept)

    def operation(self, node: ast.BinOp, how: int = USED) -> None:
        """Write an operation, which is a call of a method of one of its operands."""
        self.generic(node)
        name = OPERATORS.get(type(node.op), "")
        self.operate(node.left, f"__{name}__", how, self.argument(node.right))
        if how == DISCARDED:
            self.operate(node.right, f"__r{name}__", how, self.argument(node.left))

    def operate(self, node: ast.expr, method: str, how: int, arguments: Sequence[int] = ()) -> None:
        """Record a call of a special method of something outside; of all that is in an operation of its own."""
        if isinstance(node, ast.BinOp) and how == DISCARDED:
            self.operate(node.left, method, how, arguments)
            self.operate(node.right, method, how, arguments)
        path = self.outside_path(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if path is not None and path in self.refs:
            self.effect(OPERATES, self.refs[path][0], method, how, [[0, one] for one in arguments], [])

    def callee(self, func: ast.expr, how: int) -> list[int]:
        """Write what is called; return the numbers of what it may be outside."""
        use = CALLED | (BARE if how == DISCARDED else 0)
        path = dotted(func)
        numbers: list[int] = []
        if path is not None:
            name, _, attributes = path.partition(".")
            numbers = self.load(name, attributes, use)
            if not self.is_outside(name):
                self.local_call(path, func, how)
            elif name in self.loops and isinstance(func, ast.Attribute) and (how != USED or func.attr in MUTATORS):
                self.mutate(func.value, func.attr)
        elif isinstance(func, ast.Attribute) and self.puts_into_globals(func):
            self.emit_ref(".", STORE)
            self.attributes(func.attr)
            self.mutate(func.value, func.attr)
        elif isinstance(func, ast.Attribute):
            numbers = self.attribute(func, use)
            if not numbers and (how != USED or func.attr in MUTATORS):
                self.mutate(func.value, func.attr)
        else:
            self.visit(func)
            for path, far in self.owners(func):
                if path[0] == "~":
                    self.effect(CALLS_PARAMETER, int(path[1:]))
                elif far < GIVEN:
                    numbers.append(self.ref(path, 0))
            if how != USED and isinstance(func, ast.Call) and self.canonical(func.func) in _ATTRIBUTE_READERS:
                self.mutate(func)
        return numbers

    def adds_to_path(self, node: ast.Call) -> bool:
        """Record an entry that the import of the module adds to the import path; whether it is spelled out."""
        texts = [one for one in node.args if not isinstance(one, ast.Constant) or isinstance(one.value, str)]
        if len(texts) == 1 and isinstance(texts[0], ast.List | ast.Tuple):
            texts = texts[0].elts
        found = [place for one in texts for place in self.places(one)]
        known = [place for place in found if place is not None]
        # What a function adds may be added or not: it comes last, for modules that are nowhere else.
        first = not self.depth and (dotted(node.func) or "").endswith("insert")
        self.search.extend(("0" if first else "-") + place for place in known)
        return bool(known) and len(known) == len(found) and not self.depth

    def places(self, node: ast.expr) -> list[str | None]:
        """Return the paths that an expression spells out: one, or one for each element of a loop around it."""
        for name, elements in self.elements.items():
            if any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node)):
                return [self.locations({name: element}).read(node) for element in elements]
        return [self.locations().read(node)]

    def local_call(self, path: str, func: ast.expr, how: int) -> None:
        """Record what a call of something local may do: a parameter, or a method of what a local name stands for."""
        if isinstance(func, ast.Attribute):
            if how != USED or func.attr in MUTATORS:
                self.mutate(func.value, func.attr)
            if self.is_instance(func.value):
                self.effect(CALLS_OWN, func.attr)
            return
        self.quietly = True  # how the local name came to stand for it was seen there
        for owner, _ in self.owners(func):
            if owner.startswith("~"):
                self.effect(CALLS_PARAMETER, int(owner[1:]))
            else:
                self.effect(INVOKES, self.ref(owner, CALLED), how, [])
        self.quietly = False

    def read_attribute(self, node: ast.Call) -> None:
        """Write ``getattr`` and ``hasattr``: with a known name, an attribute like any other."""
        self.visit(node.func)
        of, name, *rest = node.args
        path = self.outside_path(of)
        if path is not None and isinstance(name, ast.Constant) and str(name.value).isidentifier():
            self.emit_ref(join(path, str(name.value)), VALUE)
        else:
            self.visit(of)
            self.visit(name)
            if path is not None:
                self.opaque.append(["a computed attribute of", node.lineno, self.ref(path, VALUE)])
        self.sequence(rest)

    def write_attribute(self, node: ast.Call) -> None:
        """Write ``setattr`` and ``delattr``."""
        self.visit(node.func)
        of, name, *rest = node.args
        path = self.outside_path(of)
        if path is not None and isinstance(name, ast.Constant) and str(name.value).isidentifier():
            self.effect(SETS, self.emit_ref(join(path, str(name.value)), STORE))
        else:
            self.mutate(of)
            self.stored_in(of)
            self.visit(name)
        self.sequence(rest)

    def look_closer(self, node: ast.Call, canonical: str) -> None:
        """Record what a call reaches by text, and what it does that cannot be followed."""
        if canonical in _UNFOLLOWED:
            self.cannot_follow(_UNFOLLOWED[canonical], node)
        if canonical in IMPORTERS:
            self.cannot_follow("a computed module name", node)
        if canonical in ("builtins.eval", "builtins.exec"):
            match node.args:
                case [ast.Constant(value=str() as text), *_]:
                    self.code_text(text)
                case _:
                    self.ref(".", VALUE)
            if canonical.endswith("exec") and len(node.args) == 1:
                self.effect(MUTATES, self.ref(".", STORE), "", ITSELF)
        if canonical in CHANGES_FIRST and node.args:
            for path, far in self.owners(node.args[0]):
                if far < GIVEN:
                    self.change(path, canonical, far)
        self.named_by_text(node, canonical)

    def named_by_text(self, node: ast.Call, canonical: str) -> None:
        """Record what a call finds by a text: a script, a module, a distribution."""
        texts: list[ast.expr] = []
        if canonical in _RUN_BY_PATH:
            at = _RUN_BY_PATH[canonical]
            texts = node.args[at : at + 1] or [
                one.value for one in node.keywords if one.arg in ("path", "location", "path_name")
            ]
        elif canonical in _SUBPROCESSES and node.args:
            command = node.args[0]
            texts = command.elts[:3] if isinstance(command, ast.List | ast.Tuple) else []
            texts = [one for one in texts if (self.locations().read(one) or "").endswith(_SCRIPTS)]
        for text in texts:
            location = self.locations().read(text)
            if location is not None:
                self.ref("?" + location, VALUE)
        match node.args:
            case [ast.Constant(value=str() as name), *_] if canonical in _SPECS:
                self.ref(f"!0:{name}:", IMPORT if canonical != "runpy.run_module" else VALUE)
            case [ast.Constant(value=str() as name), *_] if canonical in _DISTRIBUTIONS:
                self.ref("%" + name, VALUE)

    def locations(self, more: Mapping[str, ast.expr] | None = None) -> Locations:
        """Return a reader of paths that are spelled out; ``more`` are values of names that only it knows."""
        return Locations(self.canonical, {**self.module.values, **(more or {})})

    def code_text(self, text: str) -> None:
        """Record the names in code that is given as text."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return
        for one in ast.walk(tree):
            if isinstance(one, ast.Name) and find(self.scopes, one.id) is None:
                self.ref(one.id, VALUE)

    def cannot_follow(self, what: str, node: ast.expr) -> None:
        """Record a place that cannot be followed."""
        self.marks |= DYNAMIC
        self.opaque.append([what, node.lineno])
