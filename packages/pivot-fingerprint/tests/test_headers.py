"""What headers say: conditions of scripts, overloads, decorators of methods, types of parameters."""

import ast

import pytest

from pivot_fingerprint.doing import DefinitionReader
from pivot_fingerprint.facts import read_facts
from pivot_fingerprint.headers import hints, is_main_guard, is_overload, orders_class, outside_paths
from pivot_fingerprint.reading import Module


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def function(text: str) -> ast.FunctionDef:
    [node] = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__name__ == '__main__'", True),
        ("'__main__' == __name__", True),
        ("__name__ != '__main__'", False),
        ("__name__ == 'other'", False),
        ("name == '__main__'", False),
        ("__name__ == '__main__' or debug", False),
    ],
)
def test_main_guard(text: str, expected: bool) -> None:
    assert is_main_guard(expression(text)) is expected


def test_overload() -> None:
    module = Module(["t", "overload"], {"t": "!0:typing:"})
    assert is_overload(function("@t.overload\ndef f(): ..."), module)
    assert not is_overload(function("@overload\ndef f(): ..."), module)
    assert not is_overload(function("def f(): ..."), module)


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [("@property", False), ("@functools.lru_cache(None)", False), ("@size.setter", False), ("@route('/')", True)],
)
def test_decorators_that_may_look_at_the_order_of_methods(decorator: str, expected: bool) -> None:
    assert orders_class(function(f"{decorator}\ndef f(self): ...")) is expected


def test_outside_paths_leave_arguments_aside() -> None:
    reader = DefinitionReader(Module())
    nodes = [expression(text) for text in ("Base", "models.Model[int]", "make(other)", "[]")]
    assert outside_paths(nodes, reader) == ["Base", "models.Model", "make"]


def test_types_of_parameters() -> None:
    reader = DefinitionReader(Module(["Model", "Row", "int"]))
    assert hints(function("def f(a: Model, b: 'Row | None', c, d: list[Model]) -> Other: ..."), reader) == [
        "=Model",
        "=Row",
    ]
    assert hints(function("def f(a: 'not an expression'): ..."), reader) == []


@pytest.mark.parametrize(("loader", "expected"), [("JSON()", []), ("Pickle()", ["Model"])])
def test_objects_of_any_class_arrive_through_some_loaders(loader: str, expected: list[str]) -> None:
    facts = read_facts(
        f"""
import pivot
from typing import Annotated
from pivot.loaders import JSON, Pickle

class Model: ...

def f(model: Annotated[Model, pivot.Dep("model", {loader})]): ...
""".encode()
    )
    assert facts.definitions[-1].hints == expected
