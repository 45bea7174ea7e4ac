"""Calls: whom they call with what, what they reach by a text, what cannot be followed."""

import textwrap

import pytest

from pivot_fingerprint.definitions import CALLED, CALLS_PARAMETER, DECORATING, INVOKES, Definition
from pivot_fingerprint.facts import read_facts


def last(text: str) -> Definition:
    return read_facts(textwrap.dedent(text).encode()).definitions[-1]


def paths(definition: Definition) -> list[str]:
    return [path for path, _ in definition.refs]


def test_call_is_recorded_with_what_it_is_given() -> None:
    definition = last("""
        def f(rows):
            return fill(rows, TABLE, size=LIMIT)
    """)
    [(what, path, _, given)] = definition.later
    assert (what, path) == (INVOKES, "fill")
    assert given == [[0, 0], [1, "TABLE"], ["size", "LIMIT"]]
    assert dict(definition.refs)["fill"] & CALLED


def test_decorator_is_called_with_what_it_decorates() -> None:
    definition = last("""
        @register
        def f():
            return 1
    """)
    assert [INVOKES, "register", DECORATING, [[0, "="]]] in definition.now


def test_parameter_that_is_called() -> None:
    definition = last("""
        def f(first, action):
            return action(first)
    """)
    assert [CALLS_PARAMETER, 1] in definition.later


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("import subprocess\ndef f(): subprocess.run(['python', 'tools/clean.py'])", "?tools/clean.py"),
        ("import runpy\ndef f(): runpy.run_path('clean.py')", "?clean.py"),
        ("import runpy\ndef f(): runpy.run_module('words')", "!0:words:"),
        ("from importlib.metadata import version\ndef f(): return version('numpy')", "%numpy"),
        ("def f(): return eval('LIMIT + 1')", "LIMIT"),
    ],
)
def test_what_a_text_names_is_a_reference(text: str, path: str) -> None:
    assert path in paths(last(text))


@pytest.mark.parametrize(
    ("text", "followed"),
    [
        ("def f(code): return eval(code)", False),
        ("import importlib\ndef f(name): return importlib.import_module(name)", False),
        ("import ctypes\ndef f(): return ctypes.CDLL('libm.so')", False),
        ("import importlib\ndef f(): return importlib.import_module('words')", True),
        ("def f(code): return compiled(code)", True),
    ],
)
def test_places_that_cannot_be_followed_have_their_line(text: str, followed: bool) -> None:
    found = last(text).opaque
    assert [line for _, line, *_ in found] == ([] if followed else [text.count("\n") + 1])


def test_name_that_hides_a_builtin_is_not_that_builtin() -> None:
    assert last("def eval(code): return code\ndef f(code): return eval(code)").opaque == []


def test_import_path_is_extended_by_spelled_out_entries() -> None:
    facts = read_facts(b"import sys\nsys.path.insert(0, 'lib')\nsys.path.append('more')\n")
    assert facts.search == ["0lib", "-more"]
