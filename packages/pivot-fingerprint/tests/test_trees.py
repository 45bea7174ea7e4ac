"""Everything in a tree is found, by kind."""

import ast

from pivot_fingerprint.trees import nodes

TEXT = """
import os.path as p
from . import a as b

@wrap(1)
async def f(x: int, /, y=[1, {"k": 2, **z}], *more, key=None, **rest) -> "text":
    global g
    type T[V: int] = list[V]
    async with x as (c, d), y:
        del c.d[1:2, ...]
    for i in range(3):
        g += -i if not i < 2 < 3 else +~i
    else:
        lambda q=(yield): [w async for w in q if w and i or c]
    match x:
        case {"a": A(b=1), **others} | [1, *_] if (n := 2):
            raise E from None
        case None:
            assert f"{x!r:>{n}}", await y
    try:
        return {*x}
    except* (A, B) as error:
        c = error
    finally:
        pass

class C[K](Base, metaclass=M):
    value: int = 1
"""


def test_all_nodes_but_contexts_and_operators_are_found_once() -> None:
    left_out = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    tree = ast.parse(TEXT)
    expected: dict[type[ast.AST], list[ast.AST]] = {}
    for one in ast.walk(tree):
        if not isinstance(one, left_out):
            expected.setdefault(type(one), []).append(one)
    found = nodes(tree)
    assert {kind: sorted(map(id, found[kind])) for kind in expected} == {
        kind: sorted(map(id, those)) for kind, those in expected.items()
    }


def test_a_tree_of_any_depth() -> None:
    tree: ast.expr = ast.Constant(1)
    for _ in range(5000):
        tree = ast.Attribute(tree, "a", ast.Load())
    assert len(nodes(tree)[ast.Attribute]) == 5000
