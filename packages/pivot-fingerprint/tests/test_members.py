"""The order of what stands in the body of a class."""

import ast

import pytest

from pivot_fingerprint.members import arranged, members, methods, ordering


def body(text: str, header: str = "class Model:") -> ast.ClassDef:
    [node] = ast.parse(f"{header}\n" + "".join(f"    {line}\n" for line in text.split("; "))).body
    assert isinstance(node, ast.ClassDef)
    return node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b = 1; a: int = 2", "a: int = 2; b = 1"),
        ("b = [RATE, -1]; 'words'; def f(self): pass; a = {'x': ()}", "a = {'x': ()}; b = [RATE, -1]"),
        ("b = 1; a = b", "b = 1; a = b"),
        ("b = 1; a = make()", "b = 1; a = make()"),
        ("b = 1; b = 2; a = 3", "b = 1; b = 2; a = 3"),
        ("d = 1; x: int; b = 2; a = 3", "d = 1; x: int; a = 3; b = 2"),
    ],
)
def test_constants_are_arranged(text: str, expected: str) -> None:
    bound = set("abdx")
    assert "; ".join(map(ast.unparse, arranged(body(text), bound))) == expected


@pytest.mark.parametrize("header", ["@made\nclass Model:", "class Model(metaclass=Meta):"])
def test_a_class_that_something_may_look_at_keeps_its_order(header: str) -> None:
    assert "; ".join(map(ast.unparse, arranged(body("b = 1; a = 2", header), {"a", "b"}))) == "b = 1; a = 2"


def test_members() -> None:
    node = body("b = 1; def f(self): pass; a: int = 2; x, y = 1, 2; class Inner: pass")
    assert members(node) == ["b", "f()", "a", "x", "y", "Inner"]
    assert [one.name for one in methods(node)] == ["f"]


def test_methods_are_ordered_by_unknown_decorators_and_by_defaults_of_the_class() -> None:
    assert ordering(body("a = 1; def f(self, x=2): pass"), {"a", "f"}) == []
    assert ordering(body("a = 1; def f(self, x=(a, 1)): pass"), {"a", "f"}) == ["a", "f()"]
    node = ast.parse("class Model:\n    @step\n    def f(self): pass\n    def g(self): pass").body[0]
    assert isinstance(node, ast.ClassDef)
    assert ordering(node, {"f", "g"}) == ["f"]
