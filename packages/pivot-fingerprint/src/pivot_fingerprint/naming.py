"""Reading names: what an expression means outside of its definition, and what changes it.

The layer of the reader of source above ``structure``. A change is recorded as an effect on a path; what that means is
decided in ``effects``, once it is known where paths lead.
"""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from pivot_fingerprint.definitions import (
    DECLARES,
    DEFAULT,
    FILLS,
    GIVEN,
    HANDS,
    ITEM,
    ITSELF,
    KEPT,
    MUTATES,
    PARAMETER,
    SETS,
    SHARED,
    STATE,
    STORE,
    VALUE,
    join,
)
from pivot_fingerprint.reading import dotted
from pivot_fingerprint.scopes import Bindings, Scope, class_around, find, import_path
from pivot_fingerprint.structure import StructureReader, kept_defaults
from pivot_fingerprint.vocabulary import MUTATORS

GLOBALS = frozenset({"builtins.globals", "builtins.vars", "builtins.locals"})
IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})
_NEVER_GIVEN = frozenset({f"~{STATE}", f"~{SHARED}"})
_PIECES = frozenset({"builtins.getattr", "builtins.type"})  # what gives a piece of its first argument


class NamingReader(StructureReader):
    """The reader of what has a scope, and of names, attributes and items as well."""

    # ------------------------------------------------------------ what something is

    def is_outside(self, name: str) -> bool:
        """Whether a name means something outside of the definition."""
        scope = find(self.scopes, name)
        return scope is None or (name in scope.imports and name not in scope.mixed)

    def canonical(self, node: ast.expr) -> str:
        """Return the dotted name that an expression most likely stands for, empty if it is not of that kind."""
        path = dotted(node)
        if path is None:
            base = node.value if isinstance(node, ast.Attribute) else None
            found = self.module_path(base) if isinstance(base, ast.Call) else None
            if base is None or found is None or not found.startswith("!"):
                return ""
            return self.module.canonical(join(found, node.attr if isinstance(node, ast.Attribute) else ""))
        name, _, attributes = path.partition(".")
        scope = find(self.scopes, name)
        if scope is None:
            return self.module.canonical(path)
        if name in scope.imports:
            return self.module.canonical(join(scope.imports[name][0], attributes))
        return ""

    def module_path(self, node: ast.expr) -> str | None:
        """Return the path of a module or name given by text: ``import_module("x")``, ``globals()["f"]``."""
        match node:
            case ast.Call(args=[ast.Constant(value=str() as name), *_]) if self.canonical(node.func) in IMPORTERS:
                if self.canonical(node.func).endswith("__import__"):
                    return f"!0:{name.partition('.')[0]}:"
                return import_path(name, node)
            case ast.Call(args=[name_of, *_]) if self.canonical(node.func) == "importlib.import_module":
                return self.computed_path(name_of)
            case ast.Subscript(value=container, slice=ast.Constant(value=str() as name)):
                if isinstance(container, ast.Call) and self.is_globals(container):
                    return name if name.isidentifier() else None
                if self.canonical(container) == "sys.modules":
                    return f"!0:{name}:"
                of = self.namespace(container)
                if of is not None and name.isidentifier():
                    return name if of == "." else join(of, name)
            case ast.Subscript(value=container, slice=ast.Name(id="__name__")) if (
                self.canonical(container) == "sys.modules"
            ):
                return "."
            case ast.Subscript(value=container, slice=name_of) if self.canonical(container) == "sys.modules":
                return self.computed_path(name_of)
            case ast.Call() if self.is_globals(node):
                return "."
        return None

    def computed_path(self, name_of: ast.expr) -> str | None:
        """Return the path of a module by a text that is made of names outside; None for any other."""
        template = self.template(name_of)
        return f"&{template}:" if template and "{" in template and template[0] != "." else None

    def template(self, node: ast.expr) -> str | None:
        """Return a text that an expression makes of names outside: ``plugins.{settings.KIND}``; None for any other."""
        match node:
            case ast.Constant(value=str() as text):
                return text if "{" not in text else None
            case ast.Name() | ast.Attribute():
                path = self.outside_path(node)
                return None if path is None else "{" + path + "}"
            case ast.FormattedValue(value=value, conversion=-1 | 115, format_spec=None):
                return self.template(value)
            case ast.JoinedStr(values=values):
                pieces = [self.template(one) for one in values]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                pieces = [self.template(left), self.template(right)]
            case _:
                return None
        known = [one for one in pieces if one is not None]
        return "".join(known) if len(known) == len(pieces) else None

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
        found = self.module_path(node)
        if found is None and isinstance(node, ast.Attribute):
            base = self.outside_path(node.value)
            return base and (node.attr if base == "." else join(base, node.attr))
        return found

    def namespace(self, node: ast.expr) -> str | None:
        """Return the path of what an expression is the dictionary of: ``vars(module)``, ``module.__dict__``."""
        match node:
            case ast.Call(func=func, args=[of]) if self.canonical(func) == "builtins.vars":
                return self.outside_path(of)
            case ast.Attribute(value=of, attr="__dict__"):
                return self.outside_path(of)
        return None

    def is_globals(self, node: ast.Call) -> bool:
        """Whether a call gives the module's own names."""
        name = self.canonical(node.func)
        if name not in GLOBALS or node.args:
            return False
        return name == "builtins.globals" or self.depth == 0

    def puts_into_globals(self, func: ast.Attribute) -> bool:
        """Whether a call is ``globals().update(...)`` or the like."""
        return isinstance(func.value, ast.Call) and self.is_globals(func.value) and func.attr in MUTATORS

    def owners(self, node: ast.expr) -> list[tuple[str, int]]:
        """Return what an expression may be a piece of: paths, ``~0`` for a parameter; and how far off them it is."""
        far = ITSELF
        last = ""  # the attributes that were taken off since the last call or item
        while True:
            path = dotted(node)
            if path is not None:
                return self.meanings(path, far)
            found = self.module_path(node) or (self.namespace(node) if isinstance(node, ast.Call) else None)
            if found is not None:
                return [(last or "." if found == "." else join(found, last), far)]
            match node:
                case ast.Attribute():
                    last = f"{node.attr}.{last}" if last else node.attr
                    node = node.value
                case ast.Subscript() | ast.Starred() | ast.Await():
                    last = ""
                    far = max(far, ITEM)
                    node = node.value
                case ast.Call(args=[of, *names]) if self.canonical(node.func) in _PIECES:
                    last = join(_text(names), last) if _text(names) else ""
                    node = of if names or not self.is_instance(of) else ast.Attribute(of, "__class__")
                case ast.Call():
                    last = ""
                    far = GIVEN
                    node = node.func
                case ast.IfExp(body=one, orelse=other):
                    return self.any_of([one, other], last, far)
                case ast.BoolOp(values=values):
                    return self.any_of(values, last, far)
                case ast.NamedExpr(value=value):
                    return self.any_of([value], last, far)
                case _:
                    return []

    def any_of(self, nodes: Sequence[ast.expr], attributes: str, far: int) -> list[tuple[str, int]]:
        """Return what attributes of one of several expressions may be a piece of."""
        return _pieces([found for one in nodes for found in self.owners(one)], attributes, far)

    def meanings(self, path: str, far: int) -> list[tuple[str, int]]:
        """Return what a name with attributes may be a piece of."""
        name, _, attributes = path.partition(".")
        scope = find(self.scopes, name)
        if scope is None:
            return [(path, far), *_pieces(self.loops.get(name, ()), attributes, far)]
        if name in scope.imports:
            return [(join(one, attributes), far) for one in scope.imports[name]]
        if name in scope.aliases:
            return _pieces(scope.aliases[name], attributes, far)
        if name in scope.parameters and self.is_own(scope):
            at = scope.parameters[name]
            common = [(f"~{SHARED}", far)] if at == 0 and self.is_shared(attributes, far) else []
            return [(f"~{at}", far), *common, *_pieces(scope.defaults.get(name, ()), attributes, far)]
        return [(f"~{STATE}", far)] if self.is_around(scope) else []

    def is_around(self, scope: Scope) -> bool:
        """Whether a scope is that of a function around the innermost one."""
        innermost = next((one for one in reversed(self.scopes) if one.kind == "function"), None)
        return scope.kind == "function" and scope is not innermost

    def is_instance(self, node: ast.expr) -> bool:
        """Whether an expression is the first parameter of a method."""
        scope = find(self.scopes, node.id) if isinstance(node, ast.Name) and class_around(self.scopes) else None
        return scope is not None and self.is_own(scope) and scope.parameters.get(dotted(node) or "") == 0

    def is_shared(self, attributes: str, far: int = ITSELF) -> bool:
        """Whether something so far off attributes of the first parameter is what the instances of a class share."""
        around, first = class_around(self.scopes), attributes.partition(".")[0]
        if around is None:
            return False
        return first in around.shared or (far < GIVEN and (first == "__class__" or self.gets_class))

    def bind(self, name: str) -> None:
        """Write a name that is bound here; one of a function around this one is its state."""
        super().bind(name)
        scope = find(self.scopes, name)
        if scope is not None and self.is_around(scope):
            self.effect(PARAMETER, STATE)

    def is_own(self, scope: Scope) -> bool:
        """Whether a scope is that of the function that is the definition, not of one inside it."""
        return next((one for one in self.scopes if one.kind == "function"), None) is scope

    def enter_function(self, arguments: ast.arguments, found: Bindings | None) -> None:
        """Enter the scope of a function, whose parameters may stand for their defaults."""
        kept = {name: self.owners(default) for name, default in kept_defaults(arguments)}
        super().enter_function(arguments, found)
        self.scopes[-1].defaults = kept

    # ------------------------------------------------------------ effects

    def effect(self, *what: Any) -> None:
        """Record that the code does something to others."""
        if not self.noting and what != (HANDS, []):
            self.effects[min(self.depth - self.handed, 2)].append(list(what))

    def mutate(self, node: ast.expr, method: str = "") -> None:
        """Record that what an expression is a piece of is changed."""
        for path, far in self.owners(node):
            self.change(path, method, far)
        while isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Attribute) and self.is_instance(node.value):
            self.effect(FILLS, node.attr)

    def change(self, path: str, method: str, far: int) -> None:
        """Record that something so far off a path is changed, by a method if one is named."""
        if path.startswith("~"):
            at = int(path[1:])
            self.effect(PARAMETER, at)
            if any(
                scope.parameters[name] == at for scope in filter(self.is_own, self.scopes) for name in scope.defaults
            ):
                self.effect(PARAMETER, DEFAULT)
        else:
            self.effect(MUTATES, self.ref(path, STORE if far < KEPT else 0), method, far)

    def assign_global(self, name: str) -> None:
        """Write a global name that code in a function assigns."""
        self.emit_ref(name, STORE)
        self.effect(DECLARES, name)

    def argument(self, node: ast.expr) -> list[int]:
        """Return what a call gets in an argument: numbers of references, ``-1 - n`` for parameter ``n``."""
        match node:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                known = [one for one, far in self.owners(node) if far < GIVEN and one not in _NEVER_GIVEN]
                return [-1 - int(one[1:]) if one[0] == "~" else self.ref(one, 0) for one in known]
            case ast.Tuple(elts=pieces) | ast.List(elts=pieces) | ast.Set(elts=pieces) | ast.Dict(values=pieces):
                return [number for one in pieces for number in self.argument(one)]
            case ast.Starred(value=value):
                return self.argument(value)
        return []

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
        if path == "." and not isinstance(base, ast.Call):
            return [self.emit_ref(attributes, use)]
        if path is not None and path != ".":
            return [self.emit_ref(join(path, attributes), use)]
        self.visit(base)
        self.attributes(attributes, use)
        return []

    def store_attribute(self, node: ast.Attribute) -> None:
        """Write an attribute that is replaced or deleted."""
        self.out.append(type(node.ctx).__name__)
        path = dotted(node)
        if path is not None and self.is_outside(path.partition(".")[0]):
            for owner, _ in self.owners(node):
                self.effect(SETS, self.emit_ref(owner, STORE))
        elif path is None and (found := self.outside_path(node)) is not None:
            self.effect(SETS, self.emit_ref(found, STORE))
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
            if path is not None:
                self.effect(SETS, self.emit_ref(path, STORE))
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


def _text(nodes: Sequence[ast.expr]) -> str:
    """Return the text that the first of some expressions is, empty if it is none."""
    match nodes:
        case [ast.Constant(value=str() as text), *_]:
            return text
    return ""


def _pieces(of: Iterable[tuple[str, int]], attributes: str, far: int) -> list[tuple[str, int]]:
    """Return attributes of what a name stands for."""
    return [(one if one[0] == "~" else join(one, attributes), max(far, before)) for one, before in of]
