"""What a top-level statement says of itself: its first line, its name, the functions inside it.

``facts`` splits a module into statements and asks here. Nothing here knows the module around.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pivot_fingerprint.doing import DefinitionReader
from pivot_fingerprint.reading import dotted
from pivot_fingerprint.structure import containers, is_constant
from pivot_fingerprint.trees import Nodes

_FRAMES = frozenset({"inspect:currentframe", "inspect:stack", "sys:_current_frames", "sys:_getframe"})

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def first_line(node: Any) -> int:
    """Return the line on which a statement begins, decorators included."""
    line: int = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    return line


def declared_global(tree: ast.Module, source: bytes) -> Iterator[str]:
    """Yield the names that any function declares global."""
    if b"global" in source:
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                yield from node.names


def values(body: Iterable[ast.stmt], bound: Counter[str]) -> dict[str, ast.expr]:
    """Return what names are bound to that are bound once, by a plain assignment."""
    found = {}
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if bound[name] == 1:
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if bound[name] == 1:
                found[name] = value
    return found


def functions_inside(node: ast.stmt) -> Iterator[Function | ast.Lambda]:
    """Yield the functions in a statement that are in no other function and no class."""
    stack: list[ast.AST] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield one
        elif not isinstance(one, ast.ClassDef):
            stack.extend(reversed(list(ast.iter_child_nodes(one))))


def is_simple(node: Function, inside: Nodes) -> bool:
    """Whether a function by itself shows its name to nobody, and is as good as another with the same text."""
    if node.decorator_list or not all(is_constant(one) for one in (*node.args.defaults, *node.args.kw_defaults) if one):
        return False
    nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global)
    return not node.name.startswith("__") and sum(len(inside.get(kind, ())) for kind in nested) == 1  # itself


def looks_at_frames(binds: dict[str, list[Any]]) -> bool:
    """Whether a module binds what looks at frames to another name than its own, by which others may import it."""
    return any(
        isinstance(one, str) and one.startswith("!0:") and one[3:] in _FRAMES and one.rpartition(":")[2] != name
        for name, bound in binds.items()
        for one in bound
    )


def shares(node: ast.ClassDef) -> bool:
    """Whether a class keeps a container for all of its instances, or may give the same instance again."""
    made_by_itself = any(isinstance(one, ast.FunctionDef) and one.name == "__new__" for one in node.body)
    return made_by_itself or bool(containers(node))


def in_order(node: ast.stmt, names: set[str]) -> list[str]:
    """Return names in the order in which a statement binds them, so that its part is called by the first one."""
    order = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in names]
    return list(dict.fromkeys([*order, *sorted(names)]))


def changed(node: ast.stmt) -> str:
    """Return the name of a statement that binds nothing: what it changes or calls."""
    targets: list[ast.expr] = []
    match node:
        case ast.Assign():
            targets = list(node.targets)
        case ast.AugAssign():
            targets = [node.target]
        case ast.Delete():
            targets = list(node.targets)
        case ast.Expr():
            targets = [node.value]
    for begin in targets or [one for one in ast.walk(node) if isinstance(one, ast.Call)]:
        target: ast.expr = begin
        while isinstance(target, ast.Subscript | ast.Call | ast.Await):
            match target:
                case ast.Subscript():
                    target = target.value
                case ast.Call(func=ast.Attribute(value=receiver)):
                    target = receiver
                case ast.Call():
                    target = target.func
                case ast.Await():
                    target = target.value
        name = dotted(target)
        if name is not None:
            return name
    return type(node).__name__.lower()


def imported_by_call(node: ast.stmt, reader: DefinitionReader) -> dict[str, list[str]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            path = reader.module_path(call)
            if path is not None and path.startswith(("!", "&")):
                return {name: [path]}
    return {}


def only(node: ast.Import | ast.ImportFrom, name: str) -> ast.Import | ast.ImportFrom:
    """Return an import with only the alias that binds a name."""
    for alias in node.names:
        bound = alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])
        if bound == name:
            if isinstance(node, ast.ImportFrom):
                return ast.ImportFrom(node.module, [alias], node.level)
            return ast.Import([alias])
    return node
