import ast

import pytest

from pivot_fingerprint.reading import dotted
from pivot_fingerprint.tables import looked_up, shelved
from pivot_fingerprint.trees import nodes


def canonical(node: ast.expr) -> str:
    return {"partial": "functools.partial", "functools.partial": "functools.partial"}.get(dotted(node) or "", "")


def names(found: set[ast.expr]) -> list[str]:
    return sorted(dotted(one) or "" for one in found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{'a': f, 'b': m.g}", ["f", "m.g"]),
        ("[f, (g, h)]", ["f", "g", "h"]),
        ("{'a': {'b': f}}", ["f"]),
        ("partial(f, x)", ["f"]),
        ("functools.partial(f, k=x)", ["f"]),
        ("[f, f.__name__]", []),
        ("[f, f]", []),
        ("[g(f), *h]", []),
        ("other(f)", []),
        ("f", []),
    ],
)
def test_what_a_table_holds(value: str, expected: list[str]) -> None:
    assert names(shelved(ast.parse(value, mode="eval").body, canonical)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("T['a'](1)", ["T"]),
        ("m.T['a']['b'](1)", ["m.T"]),
        ("T.get('a', g)(1)", ["T.get"]),
        ("f = T['a']; return f(1)", ["T"]),
        ("f = T.get('a'); f(1); f(2)", ["T.get"]),
        ("for f in T: x = f(x)", ["T"]),
        ("return [f(1) for f in T]", ["T"]),
        ("for k, f in T.items(): f(k)", ["T.items"]),
        ("return [f() for f in T.values()]", ["T.values"]),
        ("return x in T", ["T"]),
        ("return partial(g, 1)(2)", ["g"]),
        ("f = T['a']; return f", []),
        ("f = T['a']; return f(f.__name__)", []),
        ("global f\n  f = T['a']; f()", []),
        ("f = T['a']\n  def inner(): return str(f)\n  return f()", []),
        ("for k, f in T.items(): str(f)", []),
        ("return T", []),
        ("return T['a']", []),
    ],
)
def test_where_a_table_shows_nothing(body: str, expected: list[str]) -> None:
    (function,) = ast.parse(f"def run(x):\n  {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert names(looked_up(nodes(function), canonical)) == expected


def test_a_parameter_is_no_partial() -> None:
    (function,) = ast.parse("def run(partial): return partial(g, 1)(2)").body
    assert isinstance(function, ast.FunctionDef)
    assert looked_up(nodes(function), canonical) == set()
