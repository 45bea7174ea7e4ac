"""What one statement says of itself."""

import ast

import pytest

from pivot_fingerprint.statements import (
    changed,
    first_line,
    functions_inside,
    in_order,
    is_simple,
    looks_at_frames,
    only,
)
from pivot_fingerprint.structure import is_container
from pivot_fingerprint.trees import nodes


def statement(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


def test_decorators_belong_to_a_definition() -> None:
    assert first_line(statement("@a\n@b\ndef f(): ...")) == 1


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("table['a'] = 1", "table"),
        ("table.update(a=1)", "table"),
        ("a.b.c += 1", "a.b.c"),
        ("del table['a']", "table"),
        ("register('x')(f)", "register"),
        ("for x in y:\n    add(x)", "add"),
        ("while True:\n    break", "while"),
    ],
)
def test_a_statement_that_binds_nothing_is_called_by_what_it_changes(source: str, name: str) -> None:
    assert changed(statement(source)) == name


def test_the_first_name_that_is_bound_comes_first() -> None:
    assert in_order(statement("b, a = 1, 2"), {"a", "b"}) == ["b", "a"]


def test_functions_in_functions_and_classes_are_left_aside() -> None:
    source = "if x:\n    f = lambda: (lambda: 0)\n    class C:\n        def m(self): ...\n    def g(): ...\n"
    assert [one.lineno for one in functions_inside(statement(source))] == [2, 5]


@pytest.mark.parametrize(
    ("source", "simple"),
    [
        ("def f(x, y=1): return x", True),
        ("@cache\ndef f(x): return x", False),
        ("def f(x=[]): return x", False),
        ("def f(x):\n    def g(): ...", False),
        ("def __getattr__(name): ...", False),
    ],
)
def test_a_function_is_simple(source: str, simple: bool) -> None:
    function = statement(source)
    assert isinstance(function, ast.FunctionDef)
    assert is_simple(function, nodes(function)) is simple


@pytest.mark.parametrize(
    ("source", "container"), [("[]", True), ("{x for x in y}", True), ("collections.deque()", True), ("f()", False)]
)
def test_a_new_container(source: str, container: bool) -> None:
    assert is_container(ast.parse(source, mode="eval").body) is container


@pytest.mark.parametrize(
    ("source", "name", "text"),
    [
        ("import a.b, c", "a", "import a.b"),
        ("import a, c as d", "d", "import c as d"),
        ("from ..m import a, b as c", "c", "from ..m import b as c"),
    ],
)
def test_an_import_of_one_name(source: str, name: str, text: str) -> None:
    node = statement(source)
    assert isinstance(node, ast.Import | ast.ImportFrom)
    assert ast.unparse(only(node, name)) == text


def test_what_looks_at_frames_is_found_under_another_name() -> None:
    assert looks_at_frames({"frames": ["!0:inspect:stack"]})
    assert not looks_at_frames(
        {"stack": ["!0:inspect:stack"], "frames": ["!0:numpy:stack", 1], "inspect": ["!0:inspect:"]}
    )
