"""The digest of a definition follows its meaning: not its layout, nor how something is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.facts import read_facts


def text_of(source: str) -> str:
    definition = read_facts(source.encode()).definitions[0]
    return str(definition.text)


def same(one: str, other: str) -> bool:
    return text_of(one) == text_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("def f(a):\n    return a", "def f(a):\n    # why\n    return a  # that", id="comments"),
        pytest.param("def f(a):\n    return a", 'def f(a):\n    """Give it back."""\n    return a', id="docstring"),
        pytest.param("def f(a):\n    return a", "def f(a: int) -> int:\n    return a", id="annotations"),
        pytest.param("def f(a):\n    return [a, 1]", "def f( a ):\n\n  return [\n    a,\n    (1),\n  ]", id="layout"),
        pytest.param("A = 1000", "A = 1_000", id="digits"),
        pytest.param("A = 255", "A = 0xFF", id="hexadecimal"),
        pytest.param("A = 'text'", 'A = "te" "xt"', id="quotes"),
        pytest.param("A = 'text'", "A = f'text'", id="f-string without placeholders"),
        pytest.param("A = {1, 2}", "A = {2, 1}", id="order in a set"),
        pytest.param("def f():\n    return g()", "def f():\n    return renamed()", id="name of what it refers to"),
        pytest.param("def f():\n    pass\n    return 1", "def f():\n    return 1", id="pass"),
    ],
)
def test_spelling_makes_no_difference(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("A = 1", "A = 2", id="constant"),
        pytest.param("A = 1", "A = 1.0", id="type of a number"),
        pytest.param("A = 1", "A = True", id="truth"),
        pytest.param("A = 'a'", "A = b'a'", id="bytes"),
        pytest.param("A = [1, 2]", "A = [2, 1]", id="order in a list"),
        pytest.param("A = {f(), g}", "A = {g, f()}", id="order of calls in a set"),
        pytest.param("def f(a, b):\n    return a", "def f(b, a):\n    return a", id="order of parameters"),
        pytest.param("def f(a, b):\n    return a", "def f(a, *, b):\n    return a", id="kind of a parameter"),
        pytest.param("def f(a=1):\n    return a", "def f(a=2):\n    return a", id="default"),
        pytest.param("def f():\n    return 1", "async def f():\n    return 1", id="async"),
        pytest.param("def f():\n    yield g", "def f():\n    yield from g", id="yield"),
        pytest.param("A = f(a=1)", "A = f(b=1)", id="keyword"),
        pytest.param("A = f(a, b)", "A = f(a, a)", id="which of the names"),
        pytest.param("A = x < y", "A = x <= y", id="operator"),
        pytest.param("A = lambda a: a", "A = lambda a: -a", id="lambda"),
        pytest.param("A = [a for a in b]", "A = (a for a in b)", id="kind of comprehension"),
        pytest.param("A = [a for a in b]", "A = [a for a in b if a]", id="condition of a comprehension"),
    ],
)
def test_another_meaning_is_another_digest(one: str, other: str) -> None:
    assert not same(one, other)


@given(st.text(), st.text())
def test_texts_have_the_same_digest_only_if_they_are_equal(one: str, other: str) -> None:
    assert same(f"A = {one!r}", f"A = {other!r}") == (one == other)


def test_annotations_and_docstrings_are_in_the_full_digest() -> None:
    plain, noted, other = (
        read_facts(source).definitions[0]
        for source in (b"def f(a): return a", b"def f(a: int): return a", b"def f(a: float): return a")
    )
    assert plain.full == ""
    assert noted.full
    assert noted.full != other.full
    assert plain.text == noted.text == other.text
