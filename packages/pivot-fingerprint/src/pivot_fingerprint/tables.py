"""Tables of functions, and where what is in them is only called: there nobody can see the names of the functions.

A table is a display that a statement binds to one name, or a ``partial``. The functions in it are as good as called
directly wherever the table is only asked for something that is called then and there, or through a local name that is
only called. Serves ``facts``; whether a table is used in any other way, ``shapes`` finds out.
"""

import ast
from collections.abc import Callable, Iterator

from pivot_fingerprint.reading import dotted
from pivot_fingerprint.trees import Nodes

type Canonical = Callable[[ast.expr], str]


def shelved(value: ast.expr, canonical: Canonical) -> set[ast.expr]:
    """Return the names in a value that it only holds, as a table does."""
    found = list(_elements(value, canonical))
    inside = [one.id for one in ast.walk(value) if isinstance(one, ast.Name)]
    return {one for one in found if inside.count(_root(one)) == 1}


def _elements(value: ast.expr, canonical: Canonical) -> Iterator[ast.expr]:
    match value:
        case ast.Dict(values=elements) | ast.List(elts=elements) | ast.Tuple(elts=elements):
            for one in elements:
                if dotted(one) is not None:
                    yield one
                else:
                    yield from _elements(one, canonical)
        case ast.Call(func=func, args=[ast.Name() | ast.Attribute() as first, *_]) if is_partial(func, canonical):
            if dotted(first) is not None:
                yield first


def is_partial(func: ast.expr, canonical: Canonical) -> bool:
    """Whether a call makes a function of another one and some of its arguments."""
    return canonical(func) == "functools.partial"


def looked_up(nodes: Nodes, canonical: Canonical) -> set[ast.expr]:
    """Return the names in a function that are only asked for something in them which is called."""
    called = [one.func for one in nodes.get(ast.Call, ())]
    found = {one for func in called if isinstance(func, ast.Subscript | ast.Call) for one in _table(func)}
    for one in nodes.get(ast.Compare, ()):
        if isinstance(one.ops[0], ast.In | ast.NotIn) and len(one.ops) == 1:
            found.add(one.comparators[0])
    partial = [one for one in called if isinstance(one, ast.Call) and is_partial(one.func, canonical)]
    loops = [one for kind in (ast.For, ast.AsyncFor, ast.comprehension) for one in nodes.get(kind, ())]
    taken = [pair for one in loops for pair in _looped(one.target, one.iter)]
    taken.extend(pair for one in nodes.get(ast.Assign, ()) for pair in _assigned(one.targets, one.value))
    if partial or taken:
        only_called = _only_called(nodes, called)
        own = {one.arg for one in nodes.get(ast.arg, ())} | only_called
        found.update(one for func in partial if _root(func.func) not in own for one in _elements(func, canonical))
        found.update(table for name, table in taken if name in only_called)
    return {one for one in found if dotted(one) is not None}


def _table(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the table that something is taken from: ``TABLE[key]``, ``TABLE.get(key)``."""
    match node:
        case ast.Subscript(value=ast.Name() | ast.Attribute() as table):
            yield table
        case ast.Subscript(value=inner):
            yield from _table(inner)
        case ast.Call(func=ast.Attribute(attr="get") as func):
            yield func


def _looped(target: ast.expr, over: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variable that a loop takes from a table, and the table."""
    match target, over:
        case ast.Name(id=name), ast.Name() | ast.Attribute():
            yield name, over
        case ast.Name(id=name), ast.Call(func=ast.Attribute(attr="values") as func, args=[]):
            yield name, func
        case (
            ast.Tuple(elts=[ast.Name(), ast.Name(id=name)]),
            ast.Call(func=ast.Attribute(attr="items") as func, args=[]),
        ):
            yield name, func


def _assigned(targets: list[ast.expr], value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name to which something is assigned that a table holds, and the table."""
    match targets:
        case [ast.Name(id=name)]:
            yield from ((name, table) for table in _table(value))


def _only_called(nodes: Nodes, called: list[ast.expr]) -> set[str]:
    """Return the local names of a function that are read nowhere but where they are called."""
    names = nodes.get(ast.Name, ())
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    if bound:
        calls = set(called)
        bound -= {one.id for one in names if isinstance(one.ctx, ast.Load) and one not in calls}
    outside = (*nodes.get(ast.Global, ()), *nodes.get(ast.Nonlocal, ()))
    return bound - {name for one in outside for name in one.names}


def _root(node: ast.expr) -> str:
    return (dotted(node) or "").partition(".")[0]
