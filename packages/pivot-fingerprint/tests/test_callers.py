"""What is known of calls by how they are written."""

import ast

import pytest

from pivot_fingerprint.callers import (
    calls_first,
    calls_key,
    is_lazy,
    makes_fields,
    reads_members,
    sees_names,
    uses_up,
)


def call(text: str) -> ast.Call:
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call)
    return node


def test_what_only_calls_what_it_is_given() -> None:
    assert calls_key("builtins.sorted")
    assert not calls_key("heapq.nsmallest")
    assert calls_first("functools.reduce", used_up=False)
    assert calls_first("builtins.map", used_up=True)
    assert not calls_first("builtins.map", used_up=False)
    assert is_lazy("builtins.zip")
    assert not is_lazy("builtins.list")


def test_who_uses_up_an_iterator() -> None:
    assert uses_up(call("list(map(f, xs))"), "builtins.list", used_up=False)
    assert uses_up(call("', '.join(map(f, xs))"), "", used_up=False)
    assert uses_up(call("zip(xs, map(f, xs))"), "builtins.zip", used_up=True)
    assert not uses_up(call("zip(xs, map(f, xs))"), "builtins.zip", used_up=False)
    assert not uses_up(call("sep.join(map(f, xs))"), "sep.join", used_up=False)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("model.eval()", "", False),
        ("frame.eval('a + b')", "", True),
        ("eval(text)", "builtins.eval", True),
        ("np.stack(xs)", "numpy.stack", False),
        ("inspect.stack()", "inspect.stack", True),
        ("stack()", "helpers.stack", True),
        ("frame.stack()", "", False),
        ("frame.query('x > 1', engine='python')", "", False),
        ("frame.query('x > @LIMIT')", "", True),
        ("frame.query(text)", "", True),
        ("frame.query('x > 1', local_dict=names)", "", True),
        ("duckdb.query('select * FROM rows')", "duckdb.query", True),
        ("other()", "other", False),
    ],
)
def test_who_sees_names(text: str, name: str, expected: bool) -> None:
    assert sees_names(call(text), name) is expected


def test_who_reads_the_members_of_a_class() -> None:
    assert reads_members(call("vars(Model)"), "builtins.vars", "self".__eq__)
    assert not reads_members(call("vars(self)"), "builtins.vars", "self".__eq__)
    assert not reads_members(call("sorted(Model)"), "builtins.sorted", "self".__eq__)
    assert makes_fields(call("dataclass(Model)"), "dataclasses.dataclass")
    assert not makes_fields(call("dataclass(frozen=True)"), "dataclasses.dataclass")
