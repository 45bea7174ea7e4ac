"""Python's scoping rules: which names a block binds, and where a name that is read belongs."""

import ast

import pytest

from pivot_fingerprint.facts import read_facts
from pivot_fingerprint.scopes import Scope, bindings, find, import_path, imported_names, parameters


def outside(text: str) -> set[str]:
    """Return what the first definition of a module refers to."""
    return {path for path, _ in read_facts(text.encode()).definitions[0].refs}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = b = c", {"a", "b"}),
        ("a, (b, *c) = d", {"a", "b", "c"}),
        ("a += 1", {"a"}),
        ("a[0] = b.c = 1", set()),
        ("for a in b:\n    c = 1", {"a", "c"}),
        ("with a as b, c: pass", {"b"}),
        ("try: a = 1\nexcept E as e: b = 1\nfinally: c = 1", {"a", "b", "c", "e"}),
        ("match a:\n    case [b, *c]: pass\n    case {'k': d, **e}: pass\n    case P(f) as g: pass", set("bcdefg")),
        ("def f(a):\n    b = 1\nclass C:\n    d = 1", {"f", "C"}),
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}),
        ("type T = int", {"T"}),
        ("f(x := 1)", {"x"}),
        ("[y := a for a in b]", {"y"}),
        ("lambda: (z := 1)", set()),
    ],
)
def test_names_that_a_block_binds(text: str, names: set[str]) -> None:
    assert bindings(ast.parse(text).body).names == names


def test_global_and_nonlocal_names_are_not_the_blocks_own() -> None:
    found = bindings(ast.parse("global a\nnonlocal b\na = b = c = 1").body)
    assert (found.names, found.to_global, found.to_nonlocal) == ({"c"}, {"a"}, {"b"})


def test_imported_names() -> None:
    statements = ast.parse("import a.b, a.c as d\nfrom ..e import f as g, h").body
    found = [pair for one in statements if isinstance(one, ast.Import | ast.ImportFrom) for pair in imported_names(one)]
    assert found == [("a", "!0:a:"), ("d", "!0:a.c:"), ("g", "!2:e:f"), ("h", "!2:e:h")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("def f(a):\n    b = a\n    return b, c", {"c"}, id="locals"),
        pytest.param("def f(a=a):\n    return a", {"a"}, id="default"),
        pytest.param("def f():\n    return a\n    a = 1", set(), id="bound later"),
        pytest.param("def f():\n    return [a for a in b], a", {"a", "b"}, id="comprehension"),
        pytest.param("def f():\n    return [a for a in a]", {"a"}, id="first iterable"),
        pytest.param("def f(b):\n    return [(c := a) for a in b], c", set(), id="walrus in a comprehension"),
        pytest.param("def f():\n    global a\n    return a", {"a"}, id="global"),
        pytest.param("def f():\n    a = 1\n    def g():\n        return a\n    return g", set(), id="closure"),
        pytest.param(
            "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n    return g", set(), id="nonlocal"
        ),
        pytest.param(
            "def f():\n    class C:\n        a = 1\n        def g(self):\n            return a\n    return C",
            {"a"},
            id="methods do not see the class body",
        ),
        pytest.param(
            "def f():\n    class C:\n        b = a\n        a = 1\n    return C",
            {"a"},
            id="class body reads before it binds",
        ),
        pytest.param("class C:\n    a = a", {"a"}, id="class body reads what it binds itself"),
        pytest.param("def f():\n    return lambda a: a + b", {"b"}, id="lambda"),
        pytest.param("def f():\n    del a\n    return a", set(), id="deleted"),
    ],
)
def test_names_that_are_read_outside(text: str, names: set[str]) -> None:
    assert outside(text) == names


def test_find_passes_over_classes_around() -> None:
    function, body, method = Scope("function", ["a"]), Scope("class", ["b"]), Scope("function", ["c"])
    assert find([function, body], "b") is body
    assert find([function, body, method], "b") is None
    assert find([function, body, method], "a") is function
    method.outside = {"a"}
    assert find([function, body, method], "a") is None


def test_parameters_are_in_order() -> None:
    function = ast.parse("def f(a, /, b, *c, d, **e): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert [one.arg for one in parameters(function.args)] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("g('a.b')", "!0:a.b:"),
        ("g('.b', 'a')", "!0:a.b:"),
        ("g('..c', package='a.b')", "!0:a.c:"),
        ("g('.b', __package__)", "!1:b:"),
        ("g('.b', somewhere)", None),
    ],
)
def test_import_path(call: str, path: str | None) -> None:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.args[0], ast.Constant)
    assert import_path(str(node.args[0].value), node) == path
