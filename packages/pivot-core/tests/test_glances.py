"""Looks into functions, and at lines."""

import inspect
import sys
import warnings
from collections.abc import Callable

import pytest

from pivot.glances import Glances

OWN = __file__


def function(x: int = 1) -> int:
    return x


def glances(look: Callable[[], object]) -> tuple[bool, bool]:
    """Return whether something looked into a function, and whether it saw lines; project code is this file."""
    found = Glances(lambda file: file == OWN)
    try:
        look()
    finally:
        found.stop()
    return found.looked, found.saw_lines


@pytest.mark.parametrize(
    "look",
    [
        lambda: function.__code__,
        lambda: inspect.getsource(function),
        lambda: open(OWN).close(),
        lambda: __import__("gc").get_referrers(function),
    ],
    ids=["code", "source", "file", "objects"],
)
def test_looks_into_functions(look: Callable[[], object]) -> None:
    assert glances(look)[0]


@pytest.mark.parametrize(
    "look",
    [
        lambda: function(2),
        lambda: inspect.signature(function),
        lambda: inspect.isgeneratorfunction(function),
        lambda: function.__name__,
        lambda: warnings.warn.__doc__,
        lambda: inspect.cleandoc.__code__,  # of a library
    ],
    ids=["call", "signature", "flags", "name", "docstring", "library"],
)
def test_what_is_seen_from_outside_is_no_look(look: Callable[[], object]) -> None:
    assert glances(look) == (False, False)


def test_frames_show_lines() -> None:
    assert glances(lambda: sys._getframe().f_lineno) == (False, True)
    assert glances(inspect.currentframe) == (False, True)


def test_nothing_is_heard_after_the_end() -> None:
    found = Glances(lambda file: True)
    found.stop()
    assert function.__code__ and not found.looked
