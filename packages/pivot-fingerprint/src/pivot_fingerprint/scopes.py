"""Which names are local, by Python's rules of scoping.

A list of ``Scope`` stands for the scopes around a piece of code inside one definition, the outermost first; around
them is the module. Nothing here knows what names mean; ``reading`` asks for each name whether it is local.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

# Where names are bound: the fields of each kind of node that may bind some. Expressions bind only by ``:=``.
_BINDING_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Assign: ("targets",),
    ast.AugAssign: ("target",),
    ast.AnnAssign: ("target",),
    ast.Delete: ("targets",),
    ast.TypeAlias: ("name",),
    ast.For: ("target", "body", "orelse"),
    ast.AsyncFor: ("target", "body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.If: ("body", "orelse"),
    ast.With: ("items", "body"),
    ast.AsyncWith: ("items", "body"),
    ast.withitem: ("optional_vars",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.ExceptHandler: ("body",),
    ast.Match: ("cases",),
    ast.match_case: ("pattern", "body"),
    ast.MatchAs: ("pattern",),
    ast.MatchOr: ("patterns",),
    ast.MatchSequence: ("patterns",),
    ast.MatchMapping: ("patterns",),
    ast.MatchClass: ("patterns", "kwd_patterns"),
    ast.Tuple: ("elts",),
    ast.List: ("elts",),
    ast.Starred: ("value",),
}


class Bindings:
    """The names that a block binds, and those that it declares to be another scope's."""

    def __init__(self) -> None:
        self.names: set[str] = set()  # all that are its own
        self.assigned: set[str] = set()  # bound otherwise than by an import
        self.imports: dict[str, list[str]] = {}  # the paths that a name may stand for
        self.to_global: set[str] = set()
        self.to_nonlocal: set[str] = set()


def bindings(body: Iterable[ast.AST], *, walrus: bool = True) -> Bindings:
    """Return what a block binds in its own scope; nested functions and classes are left aside.

    ``walrus`` says that there may be assignment expressions: then all expressions are searched for them.
    """
    found = Bindings()
    assigned = found.assigned
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        kind = type(node)
        fields = _BINDING_FIELDS.get(kind)
        if fields is not None:
            for field in fields:
                value = getattr(node, field)
                if isinstance(value, list):
                    stack.extend(value)
                elif value is not None:
                    stack.append(value)
        _bind(node, found)
        if walrus:
            assigned.update(_walrus_names(node))
    found.names.update(assigned, found.imports)
    found.names.difference_update(found.to_global, found.to_nonlocal)
    return found


def _bind(node: Any, found: Bindings) -> None:
    """Add what a node binds by itself."""
    kind = type(node)
    assigned = found.assigned
    if kind is ast.Name:
        if type(node.ctx) is not ast.Load:
            assigned.add(node.id)
    elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        assigned.add(node.name)
    elif kind in (ast.Import, ast.ImportFrom):
        for name, path in imported_names(node):
            found.imports.setdefault(name, []).append(path)
    elif kind is ast.Global:
        found.to_global.update(node.names)
    elif kind is ast.Nonlocal:
        found.to_nonlocal.update(node.names)
    elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
        assigned.update([node.name] if node.name else [])
    elif kind is ast.MatchMapping:
        assigned.update([node.rest] if node.rest else [])
    elif kind is ast.Assign:
        for name, path in _imported_by_call(node):
            found.imports.setdefault(name, []).append(path)


def _walrus_names(node: ast.AST) -> Iterator[str]:
    """Yield what assignment expressions in a node bind, those in statements below it left aside."""
    stack: list[ast.AST] = [node] if isinstance(node, ast.expr) else list(_expressions(node))
    while stack:
        one = stack.pop()
        if isinstance(one, ast.NamedExpr):
            yield one.target.id
        if not isinstance(one, ast.Lambda):
            stack.extend(child for child in ast.iter_child_nodes(one) if not isinstance(child, ast.stmt))


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are evaluated in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from node.decorator_list
        yield from node.args.defaults
        yield from (default for default in node.args.kw_defaults if default is not None)
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)
    else:
        yield from (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds with the path that it stands for; a star binds ``*``."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"!{node.level}:{node.module or ''}:{alias.name}"
        elif alias.asname:
            yield alias.asname, f"!0:{alias.name}:"
        else:
            top = alias.name.partition(".")[0]
            yield top, f"!0:{top}:"


def _imported_by_call(node: ast.Assign) -> Iterator[tuple[str, str]]:
    """Yield the name that is bound by ``name = import_module("module")`` and its path."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str() as of)],
            ),
        ) if not of.startswith("."):
            yield name, f"!0:{of}:"


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


class Scope:
    """One scope inside a definition.

    ``kind`` is function, class or inner (a comprehension, type parameters). ``maybe`` are names of a class body that
    may not be bound yet where they are read. ``parameters`` maps a function's parameters to their positions,
    ``aliases`` are local names that stand for something else, as ``naming`` tells it: paths, or ``~0`` for the first
    parameter, and how far off these; ``defaults`` likewise are those of parameters that may be changed.
    ``shared`` are the attributes of a class that its instances have in common.
    """

    __slots__ = ("aliases", "defaults", "imports", "kind", "maybe", "mixed", "names", "outside", "parameters", "shared")

    def __init__(self, kind: str, names: Iterable[str] = (), found: Bindings | None = None) -> None:
        self.kind = kind
        self.names = set(names)
        self.maybe: set[str] = set()
        self.outside: set[str] = set()
        self.imports: dict[str, list[str]] = {}
        self.mixed: set[str] = set()  # imported, and bound otherwise too
        self.parameters: dict[str, int] = {}
        self.defaults: dict[str, list[tuple[str, int]]] = {}
        self.aliases: dict[str, list[tuple[str, int]]] = {}
        self.shared: set[str] = set()
        if found is not None:
            self.mixed = found.assigned | self.names
            self.names |= found.names
            self.outside = found.to_global
            self.imports = found.imports


def find(scopes: list[Scope], name: str) -> Scope | None:
    """Return the scope that a name belongs to where it is read or bound; None for the module's."""
    for scope in reversed(scopes):
        if scope.kind == "class" and scope is not scopes[-1]:
            continue
        if name in scope.outside:
            return None
        if name in scope.names or name in scope.maybe:
            return scope
    return None


def class_around(scopes: list[Scope]) -> Scope | None:
    """Return the scope of the class of a method, if these are those of one."""
    outermost = next((one for one in scopes if one.kind != "inner"), None)
    return outermost if outermost is not None and outermost.kind == "class" else None


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function in order."""
    found = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        found.append(arguments.vararg)
    found.extend(arguments.kwonlyargs)
    if arguments.kwarg:
        found.append(arguments.kwarg)
    return found
