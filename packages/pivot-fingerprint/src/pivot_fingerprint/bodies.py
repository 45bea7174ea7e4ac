"""Whether an edit touched nothing but bodies of functions that did not run while their module was imported.

If so, importing the module again would do what it did before, and need not be tried; only lines have moved. The caller
must know two things: which functions ran, and that nothing looked into the others without running them. Everything
else that an import can see of a function is compared here: its name, decorators, parameters, annotations and
docstring, whether it is a generator, and what its body makes of its class.
"""

import ast
import warnings
from collections.abc import Collection, Iterator

_CELLS = frozenset(["super", "__class__"])

type _Function = ast.FunctionDef | ast.AsyncFunctionDef


def moved_lines(old: bytes, new: bytes, ran: Collection[tuple[str, int]]) -> dict[int, int] | None:
    """Return where the lines of the old text are in the new one, outside of hidden bodies; None if more was edited.

    ``ran`` are the functions of the old text that executed: name, and line at which its code begins.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            before, after = ast.parse(old), ast.parse(new)
            compile(new, "<new>", "exec", dont_inherit=True)  # finds errors that a parser does not
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = list(_functions(before))
    others = list(_functions(after))
    if len(functions) != len(others):
        return None
    for one, other in zip(functions, others, strict=True):
        if (one.name, _first_line(one)) not in ran:
            _hide(one)
            _hide(other)
    return _compared(before, after)


def _functions(node: ast.AST) -> Iterator[_Function]:
    """Yield the functions that a module defines, and those that its classes do, but none that is inside another one."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        elif not isinstance(child, ast.expr):
            yield from _functions(child)


def _first_line(node: _Function) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _hide(node: _Function) -> None:
    """Leave of a body only what is seen of it from outside."""
    seen = {ast.get_docstring(node, clean=False) or ""}
    for one in (one for statement in node.body for one in ast.walk(statement)):
        if isinstance(one, ast.Yield | ast.YieldFrom):
            seen.add("yield")
        elif isinstance(one, ast.Name) and one.id in _CELLS:
            seen.add(one.id)
        elif isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
            seen.add(f".{one.attr}")  # of which a class keeps a list
    node.body = [ast.Expr(ast.Constant(" ".join(sorted(seen))))]


def _compared(before: ast.AST, after: ast.AST) -> dict[int, int] | None:
    """Return where the lines of one tree are in another one that differs in nothing else."""
    lines: dict[int, int] = {}
    pairs: list[tuple[object, object]] = [(before, after)]
    while pairs:
        one, other = pairs.pop()
        if type(one) is not type(other):
            return None
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return None
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(one, ast.AST):
            line, there = getattr(one, "lineno", 0), getattr(other, "lineno", 0)
            if lines.setdefault(line, there) != there:
                return None  # one line became two
            pairs.extend((getattr(one, field, None), getattr(other, field, None)) for field in one._fields)
        elif repr(one) != repr(other):  # 0.0 equals -0.0
            return None
    return lines
