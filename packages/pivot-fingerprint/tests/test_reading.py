"""Reading one definition: names by text, constants as tokens, references with their uses."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.definitions import CALLED, DYNAMIC, INTROSPECTS, LATER, NOW, VALUE
from pivot_fingerprint.facts import read_facts
from pivot_fingerprint.reading import Module, dotted, literal


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "a"), ("a.b.c", "a.b.c"), ("a().b", None), ("a[0].b", None), ("1", None)]
)
def test_dotted(text: str, expected: str | None) -> None:
    assert dotted(expression(text)) == expected


_CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.just(...)
)


@given(_CONSTANTS, _CONSTANTS)
def test_literals_are_equal_only_for_the_same_constant(one: object, other: object) -> None:
    assert (literal(one) == literal(other)) == (type(one) is type(other) and repr(one) == repr(other))


def test_canonical_names() -> None:
    module = Module(["np", "own"], {"np": "!0:numpy:", "near": "!1:names:clean"})
    assert module.canonical("np.linalg.inv") == "numpy.linalg.inv"
    assert module.canonical("near") == ".names.clean"
    assert module.canonical("own.part") == "own.part"
    assert module.canonical("eval") == "builtins.eval"


def test_type_checking_conditions() -> None:
    module = Module(["t"], {"t": "!0:typing:"})
    assert module.is_type_checking(expression("t.TYPE_CHECKING"))
    assert not module.is_type_checking(expression("t.OTHER"))
    assert not module.is_type_checking(expression("t.TYPE_CHECKING or slow"))


def test_references_say_how_and_when_they_are_used() -> None:
    function, value = read_facts(b"def f():\n    return g(h)\nA = g(h)").definitions
    in_function, in_value = dict(function.refs), dict(value.refs)
    assert in_function["g"] & CALLED
    assert in_function["g"] & LATER
    assert not in_function["g"] & NOW
    assert in_function["h"] & VALUE
    assert in_value["h"] & NOW
    assert not in_value["h"] & LATER


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("def f(g): return g.__annotations__", INTROSPECTS),
        ("import inspect\ndef f(g): return inspect.signature(g)", INTROSPECTS),
        ("def f(g): return eval(g)", DYNAMIC),
    ],
)
def test_code_that_looks_into_other_code_is_marked(text: str, mark: int) -> None:
    facts = read_facts(text.encode())
    assert facts.definitions[-1].marks & mark
    assert facts.marks & mark
    assert not read_facts(b"def f(g): return g.value").marks & mark
