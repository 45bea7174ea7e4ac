"""Reading names, calls and assignments: whatever refers to something outside, or changes it.

The upper layer of the reader. What a call or an assignment does to others is recorded as an effect on a path; what it means is
decided in ``effects``, where paths are resolved.
"""

import ast
from typing import Any

from pivot_fingerprint.definitions import (
    BARE,
    CALLED,
    CALLS_PARAMETER,
    DECLARES,
    DECORATING,
    DISCARDED,
    DYNAMIC,
    IMPORT,
    INVOKES,
    MUTATES,
    PARAMETER,
    SETS,
    STORE,
    USED,
    VALUE,
    join,
)
from pivot_fingerprint.locations import Locations
from pivot_fingerprint.reading import dotted
from pivot_fingerprint.scopes import find
from pivot_fingerprint.structure import StructureReader

# Methods that change their object, also where the result of the call is used.
MUTATORS = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft register remove reverse setdefault sort "
    "subscribe connect update __setitem__ __setattr__ __delitem__".split()
)
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
_GLOBALS = frozenset({"builtins.globals", "builtins.vars", "builtins.locals"})
_IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})
_ATTRIBUTE_READERS = frozenset({"builtins.getattr", "builtins.hasattr"})
_ATTRIBUTE_WRITERS = frozenset({"builtins.setattr", "builtins.delattr"})
_RUN_BY_PATH = {"runpy.run_path": 0, "importlib.util.spec_from_file_location": 1, "importlib.machinery.SourceFileLoader": 1}
_SUBPROCESSES = frozenset(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output"))
_SCRIPTS = (".py", ".sh", ".bash", ".R", ".r", ".jl", ".pl", ".rb", ".js", ".sql", ".awk")
_SPECS = frozenset({"importlib.util.find_spec", "importlib.find_loader", "pkgutil.find_loader", "runpy.run_module"})
_DISTRIBUTIONS = frozenset(f"importlib.metadata.{name}" for name in ("version", "distribution", "metadata", "requires", "files"))
_PATH_CHANGES = frozenset({"sys.path.insert", "sys.path.append", "site.addsitedir"})
_CHANGES_FIRST = frozenset({"functools.update_wrapper"})


class DefinitionReader(StructureReader):
    """Reads everything."""

    # ------------------------------------------------------------ what something is

    def is_outside(self, name: str) -> bool:
        """Whether a name means something outside of the definition."""
        scope = find(self.scopes, name)
        return scope is None or (name in scope.imports and name not in scope.mixed)

    def canonical(self, node: ast.expr) -> str:
        """Return the dotted name that an expression most likely stands for, empty if it is not of that kind."""
        path = dotted(node)
        if path is None:
            return ""
        name, _, attributes = path.partition(".")
        scope = find(self.scopes, name)
        if scope is None:
            return self.module.canonical(path)
        if name in scope.imports:
            return self.module.canonical(join(scope.imports[name][0], attributes))
        return ""

    def module_path(self, node: ast.expr) -> str | None:
        """Return the path of an expression that is a module or a name by text: ``import_module("x")``, ``globals()["f"]``."""
        match node:
            case ast.Call(args=[ast.Constant(value=str() as name), *_]) if self.canonical(node.func) in _IMPORTERS:
                if self.canonical(node.func).endswith("__import__"):
                    return f"!0:{name.partition('.')[0]}:"
                return import_path(name, node)
            case ast.Subscript(value=container, slice=ast.Constant(value=str() as name)):
                if isinstance(container, ast.Call) and self.is_globals(container):
                    return name if name.isidentifier() else None
                if self.canonical(container) == "sys.modules":
                    return f"!0:{name}:"
            case ast.Subscript(value=container, slice=ast.Name(id="__name__")) if self.canonical(container) == "sys.modules":
                return "."
            case ast.Call() if self.is_globals(node):
                return "."
        return None

    def is_globals(self, node: ast.Call) -> bool:
        """Whether a call gives the module's own names."""
        name = self.canonical(node.func)
        if name not in _GLOBALS or node.args:
            return False
        return name == "builtins.globals" or self.depth == 0

    def owners(self, node: ast.expr) -> list[tuple[str, bool]]:
        """Return what an expression may be a piece of: paths, or ``~0`` for a parameter, and whether a call is between."""
        called = False
        while True:
            path = dotted(node)
            if path is not None:
                break
            match node:
                case ast.Attribute() | ast.Subscript() | ast.Starred() | ast.Await():
                    found = self.module_path(node)
                    if found is not None:
                        return [(found, called)]
                    node = node.value
                case ast.Call():
                    found = self.module_path(node)
                    if found is not None:
                        return [(found, called)]
                    called = True
                    node = node.func
                case _:
                    return []
        name, _, attributes = path.partition(".")
        scope = find(self.scopes, name)
        if scope is None:
            return [(path, called)]
        if name in scope.imports:
            return [(join(one, attributes), called) for one in scope.imports[name]]
        if name in scope.aliases:
            return [(one if one.startswith("~") else join(one, attributes), called) for one in scope.aliases[name]]
        if name in scope.parameters and self.is_own(scope):
            return [(f"~{scope.parameters[name]}", called)]
        return []

    def is_own(self, scope: Any) -> bool:
        """Whether a scope is that of the function that is the definition, not of one inside it."""
        return next((one for one in self.scopes if one.kind == "function"), None) is scope

    # ------------------------------------------------------------ effects

    def effect(self, *what: Any) -> None:
        """Record that the code does something to others."""
        if not self.noting:
            self.effects[min(self.depth, 2)].append(list(what))

    def mutate(self, node: ast.expr, method: str = "") -> None:
        """Record that what an expression is a piece of is changed."""
        for path, called in self.owners(node):
            if path.startswith("~"):
                self.effect(PARAMETER, int(path[1:]))
            else:
                self.effect(MUTATES, self.ref(path, STORE), method, called)

    def assign_global(self, name: str) -> None:
        """Write a global name that code in a function assigns."""
        self.emit_ref(name, STORE)
        self.effect(DECLARES, name)

    def argument(self, node: ast.expr) -> int | None:
        """Return what a call gets as an argument: the number of a reference, ``-1 - n`` for parameter ``n``, else None."""
        path = dotted(node)
        if path is None:
            return None
        for owner, _ in self.owners(node):
            if owner.startswith("~"):
                return -1 - int(owner[1:]) if "." not in path else None
            return self.ref(owner, 0)
        return None

    # ------------------------------------------------------------ names

    def name(self, node: ast.Name) -> None:
        """Write a name that is read, bound or deleted."""
        if isinstance(node.ctx, ast.Load):
            self.load(node.id, "", VALUE)
        elif isinstance(node.ctx, ast.Del) and find(self.scopes, node.id) is None:
            self.mutate(node)
            self.emit_ref(node.id, STORE)
        else:
            self.bind(node.id)

    def attribute(self, node: ast.Attribute, use: int = VALUE) -> list[int]:
        """Write a chain of attributes that is read, or one that is replaced."""
        if not isinstance(node.ctx, ast.Load):
            self.store_attribute(node)
            return []
        names = [node.attr]
        base = node.value
        while isinstance(base, ast.Attribute):
            names.append(base.attr)
            base = base.value
        attributes = ".".join(reversed(names))
        if isinstance(base, ast.Name):
            return self.load(base.id, attributes, use)
        path = self.module_path(base)
        if path is not None:
            return [self.emit_ref(join(path, attributes), use)]
        self.visit(base)
        self.attributes(attributes)
        return []

    def store_attribute(self, node: ast.Attribute) -> None:
        """Write an attribute that is replaced or deleted."""
        self.out.append(type(node.ctx).__name__)
        path = dotted(node)
        if path is not None and self.is_outside(path.partition(".")[0]):
            for owner, _ in self.owners(node):
                self.effect(SETS, self.emit_ref(owner, STORE))
        else:
            self.mutate(node.value)
            self.visit(node.value)
            self.attributes(node.attr)

    def subscript(self, node: ast.Subscript) -> None:
        """Write an item that is read or replaced."""
        path = self.module_path(node)
        if isinstance(node.ctx, ast.Load):
            if path is not None:
                self.emit_ref(path, VALUE)
                return
            self.out.append("Item(")
            self.visit(node.value)
        else:
            self.out.append(type(node.ctx).__name__ + "Item(")
            if path is not None and path.isidentifier():
                self.assign_global(path)
                return
            self.mutate(node.value)
            self.stored_in(node.value)
        self.visit(node.slice)
        self.out.append(")")

    def stored_in(self, node: ast.expr) -> None:
        """Write the container that an item is put into: it is not read."""
        path = dotted(node)
        if path is not None:
            name, _, attributes = path.partition(".")
            self.load(name, attributes, STORE)
        else:
            self.visit(node)

    # ------------------------------------------------------------ calls

    def expression(self, node: ast.Expr) -> None:
        """Write a statement that is one expression."""
        self.out.append("Expr")
        value = node.value
        if isinstance(value, ast.Await) and isinstance(value.value, ast.Call):
            self.out.append("await")
            value = value.value
        if isinstance(value, ast.Call):
            self.call(value, DISCARDED)
        else:
            self.visit(value)

    def decorator(self, node: ast.expr) -> None:
        """Write a decorator: a call with what it decorates."""
        if isinstance(node, ast.Call):
            self.call(node, DECORATING)
            return
        path = dotted(node)
        if path is None:
            self.visit(node)
            return
        name, _, attributes = path.partition(".")
        for number in self.load(name, attributes, CALLED):
            self.effect(INVOKES, number, DECORATING, [[0, "="]])

    def call(self, node: ast.Call, how: int = USED) -> None:
        """Write a call, and record what it may do."""
        path = self.module_path(node)
        if path is not None:
            self.emit_ref(path, VALUE)
            if path == ".":
                self.cannot_follow("globals()", node)
            return
        canonical = self.canonical(node.func)
        self.out.append("Call(")
        if canonical in _ATTRIBUTE_READERS and len(node.args) >= 2:
            self.read_attribute(node)
        elif canonical in _ATTRIBUTE_WRITERS and len(node.args) >= 2:
            self.write_attribute(node)
        else:
            self.plain_call(node, how)
            self.look_closer(node, canonical)
        self.out.append(")")

    def plain_call(self, node: ast.Call, how: int) -> None:
        """Write a call of anything without a meaning of its own."""
        func = node.func
        use = CALLED | (BARE if how == DISCARDED else 0)
        path = dotted(func)
        numbers: list[int] = []
        if path is not None:
            name, _, attributes = path.partition(".")
            numbers = self.load(name, attributes, use)
            if not self.is_outside(name):
                self.local_call(path, func, how)
        elif isinstance(func, ast.Attribute):
            numbers = self.attribute(func, use)
            if not numbers and (how != USED or func.attr in MUTATORS):
                self.mutate(func.value, func.attr)
        else:
            self.visit(func)
        self.out.append("(")
        given: list[list[Any]] = []
        for at, argument in enumerate(node.args):
            self.visit(argument)
            number = self.argument(argument)
            if number is not None:
                given.append([at, number])
        for keyword in node.keywords:
            self.out.append((keyword.arg or "**") + "=")
            self.visit(keyword.value)
            number = self.argument(keyword.value)
            if number is not None:
                given.append([keyword.arg or -1, number])
        if self.canonical(func) in _PATH_CHANGES and self.adds_to_path(node):
            return
        for number in numbers:
            self.effect(INVOKES, number, how, given)

    def adds_to_path(self, node: ast.Call) -> bool:
        """Record an entry that the import of the module adds to the import path; whether it is spelled out."""
        texts = [one for one in node.args if not isinstance(one, ast.Constant) or isinstance(one.value, str)]
        found = [self.locations().read(one) for one in texts]
        if self.depth or len(found) != 1 or found[0] is None:
            return False
        first = dotted(node.func) or ""
        self.search.append(("0" if first.endswith("insert") else "-") + found[0])
        return True

    def local_call(self, path: str, func: ast.expr, how: int) -> None:
        """Record what a call of something local may do: a parameter, or a method of what a local name stands for."""
        if isinstance(func, ast.Attribute):
            if how != USED or func.attr in MUTATORS:
                self.mutate(func.value, func.attr)
            return
        for owner, _ in self.owners(func):
            if owner.startswith("~"):
                self.effect(CALLS_PARAMETER, int(owner[1:]))
            else:
                self.effect(INVOKES, self.ref(owner, CALLED), how, [])

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
                self.marks |= DYNAMIC
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
            if path is not None:
                self.marks |= DYNAMIC
        self.sequence(rest)

    def outside_path(self, node: ast.expr) -> str | None:
        """Return the path of an expression that is something outside, with its attributes; else None."""
        path = dotted(node)
        if path is not None:
            name, _, attributes = path.partition(".")
            scope = find(self.scopes, name)
            if scope is None:
                return path
            if name in scope.imports and name not in scope.mixed:
                return join(scope.imports[name][0], attributes)
            return None
        return self.module_path(node)

    def look_closer(self, node: ast.Call, canonical: str) -> None:
        """Record what a call reaches by text, and what it does that cannot be followed."""
        if canonical in _UNFOLLOWED:
            self.cannot_follow(_UNFOLLOWED[canonical], node)
        if canonical in _IMPORTERS:
            self.cannot_follow("a computed module name", node)
        if canonical in ("builtins.eval", "builtins.exec"):
            match node.args:
                case [ast.Constant(value=str() as text), *_]:
                    self.code_text(text)
                case _:
                    self.ref(".", VALUE)
        if canonical in _CHANGES_FIRST and node.args:
            self.mutate(node.args[0])
        self.named_by_text(node, canonical)

    def named_by_text(self, node: ast.Call, canonical: str) -> None:
        """Record what a call finds by a text: a script, a module, a distribution."""
        texts: list[ast.expr] = []
        if canonical in _RUN_BY_PATH:
            at = _RUN_BY_PATH[canonical]
            texts = node.args[at : at + 1] or [one.value for one in node.keywords if one.arg in ("path", "location", "path_name")]
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

    def locations(self) -> Locations:
        """Return a reader of paths that are spelled out."""
        return Locations(self.canonical, self.module.values)

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

    # ------------------------------------------------------------ assignments

    def assignment(self, node: ast.Assign) -> None:
        """Write an assignment; a local name may become another word for something outside."""
        self.generic(node)
        match node.targets:
            case [ast.Name(id=name)]:
                self.alias(name, node.value)

    def alias(self, name: str, value: ast.expr) -> None:
        """Remember what a local name is another word for."""
        scope = find(self.scopes, name)
        if scope is None or scope.kind != "function" or isinstance(value, ast.Call):
            return
        found = [path for path, _ in self.owners(value)]
        if found:
            scope.aliases[name] = [*scope.aliases.get(name, []), *found]

    def annotated_assignment(self, node: ast.AnnAssign) -> None:
        """Write an assignment with an annotation, which only matters in a class."""
        if self.scopes and self.scopes[-1].kind == "class" and isinstance(node.target, ast.Name):
            self.annotation(node.annotation, node.target.id)
        if node.value is not None:
            self.assignment(ast.copy_location(ast.Assign([node.target], node.value), node))
        elif self.scopes and self.scopes[-1].kind == "class" and isinstance(node.target, ast.Name):
            self.scopes[-1].maybe.add(node.target.id)

    def augmented_assignment(self, node: ast.AugAssign) -> None:
        """Write an assignment that reads what it replaces."""
        self.generic(node)
        path = dotted(node.target if not isinstance(node.target, ast.Subscript) else node.target.value)
        if path is not None and self.is_outside(path.partition(".")[0]):
            for owner, _ in self.owners(node.target):
                self.ref(owner, VALUE)

    def delete(self, node: ast.Delete) -> None:
        """Write a del statement, however its targets are grouped."""
        self.out.append("del")
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List):
                self.delete(ast.Delete(target.elts))
            else:
                self.visit(target)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        """Write a for statement; its variable may be a piece of something outside."""
        if isinstance(node.target, ast.Name):
            scope = find(self.scopes, node.target.id)
            if scope is not None and scope.kind == "function":
                found = [path for path, _ in self.owners(node.iter)]
                scope.aliases[node.target.id] = [*scope.aliases.get(node.target.id, []), *found]
        self.generic(node)


def import_path(name: str, call: ast.Call) -> str | None:
    """Return the path of ``import_module(name, package)``, None if it is relative to something that cannot be known."""
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    if level == 0:
        return f"!0:{name}:"
    packages = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "package")]
    match packages:
        case [ast.Constant(value=str() as package)]:
            above = package.split(".")
            return f"!0:{'.'.join([*above[: len(above) - level + 1], bare])}:"
        case [ast.Name(id="__package__" | "__name__")]:
            return f"!{level}:{bare}:"
    return None


DefinitionReader.handlers = {
    ast.Name: DefinitionReader.name,
    ast.Attribute: DefinitionReader.attribute,
    ast.Subscript: DefinitionReader.subscript,
    ast.Call: DefinitionReader.call,
    ast.Expr: DefinitionReader.expression,
    ast.Assign: DefinitionReader.assignment,
    ast.AnnAssign: DefinitionReader.annotated_assignment,
    ast.AugAssign: DefinitionReader.augmented_assignment,
    ast.Delete: DefinitionReader.delete,
    ast.For: DefinitionReader.loop,
    ast.AsyncFor: DefinitionReader.loop,
    ast.Constant: DefinitionReader.constant,
    ast.JoinedStr: DefinitionReader.joined_text,
    ast.Set: DefinitionReader.set_,
    ast.FunctionDef: DefinitionReader.function,
    ast.AsyncFunctionDef: DefinitionReader.function,
    ast.ClassDef: DefinitionReader.class_,
    ast.Lambda: DefinitionReader.lambda_,
    ast.ListComp: DefinitionReader.comprehension,
    ast.SetComp: DefinitionReader.comprehension,
    ast.DictComp: DefinitionReader.comprehension,
    ast.GeneratorExp: DefinitionReader.comprehension,
    ast.Import: DefinitionReader.import_,
    ast.ImportFrom: DefinitionReader.import_,
    ast.Global: DefinitionReader.declaration,
    ast.Nonlocal: DefinitionReader.declaration,
    ast.MatchAs: DefinitionReader.named_pattern,
    ast.MatchStar: DefinitionReader.named_pattern,
    ast.MatchMapping: DefinitionReader.named_pattern,
    ast.ExceptHandler: DefinitionReader.except_handler,
}
