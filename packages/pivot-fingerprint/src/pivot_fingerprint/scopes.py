"""Which names are local: Python's scoping rules, on syntax trees.

A list of ``Scope`` is the scopes around a piece of code inside one definition; below it is the module. Nothing here knows
what names mean; ``reading`` asks it for each name.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Bindings(NamedTuple):
    """The names that a block binds, and those that it declares to be another scope's."""

    names: set[str]  # all that are its own
    assigned: set[str]  # bound otherwise than by an import
    imports: dict[str, list[str]]  # the paths that a name may stand for
    to_global: set[str]
    to_nonlocal: set[str]


def bindings(body: Iterable[ast.AST]) -> Bindings:
    """Return what a block binds in its own scope; nested functions and classes are left aside."""
    found = Bindings(set(), set(), {}, set(), set())
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    found.assigned.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.assigned.add(node.name)
                stack.extend(node.decorator_list)
                stack.extend(node.args.defaults)
                stack.extend(default for default in node.args.kw_defaults if default is not None)
            case ast.Lambda():
                pass
            case ast.ClassDef():
                found.assigned.add(node.name)
                stack.extend((*node.decorator_list, *node.bases, *node.keywords))
            case ast.Import() | ast.ImportFrom():
                for name, path in imported_names(node):
                    found.imports.setdefault(name, []).append(path)
            case ast.Global():
                found.to_global.update(node.names)
            case ast.Nonlocal():
                found.to_nonlocal.update(node.names)
            case ast.AnnAssign():
                stack.append(node.target)
                if node.value is not None:
                    stack.append(node.value)
            case _ if isinstance(node, _COMPREHENSIONS):
                stack.extend(_walrus_targets(node))
            case _:
                found.assigned.update(_named_by_text(node))
                stack.extend(ast.iter_child_nodes(node))
    found.names.update(found.assigned, found.imports)
    found.names.difference_update(found.to_global, found.to_nonlocal)
    return found


def _named_by_text(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds by text rather than by a Name node."""
    match node:
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            if node.name:
                yield node.name
        case ast.MatchMapping():
            if node.rest:
                yield node.rest


def _walrus_targets(comprehension: ast.AST) -> Iterator[ast.Name]:
    """Yield what assignment expressions inside a comprehension bind in the scope around it."""
    stack = [comprehension]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.NamedExpr):
            yield node.target
        if not isinstance(node, _FUNCTIONS):
            stack.extend(ast.iter_child_nodes(node))


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


class Scope:
    """One scope inside a definition.

    ``kind`` is function, class or inner (a comprehension, type parameters). ``maybe`` are names of a class body that may not
    be bound yet where they are read. ``parameters`` maps a function's parameters to their positions. ``aliases`` are local
    names that stand for something else: paths, or ``~0`` for the first parameter.
    """

    __slots__ = ("aliases", "imports", "kind", "maybe", "mixed", "names", "outside", "parameters")

    def __init__(self, kind: str, names: Iterable[str] = (), found: Bindings | None = None) -> None:
        self.kind = kind
        self.names = set(names)
        self.maybe: set[str] = set()
        self.outside: set[str] = set()
        self.imports: dict[str, list[str]] = {}
        self.mixed: set[str] = set()
        self.parameters: dict[str, int] = {}
        self.aliases: dict[str, list[str]] = {}
        if found is not None:
            self.mixed = found.assigned | self.names
            self.names |= found.names
            self.outside = found.to_global
            self.imports = found.imports


def find(scopes: list[Scope], name: str) -> Scope | None:
    """Return the scope that a name belongs to where it is read or bound; None for the module's."""
    innermost = len(scopes) - 1
    for at in range(innermost, -1, -1):
        scope = scopes[at]
        if scope.kind == "class" and at != innermost:
            continue
        if name in scope.outside:
            return None
        if name in scope.names or name in scope.maybe:
            return scope
    return None


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function in order."""
    found = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        found.append(arguments.vararg)
    found.extend(arguments.kwonlyargs)
    if arguments.kwarg:
        found.append(arguments.kwarg)
    return found
