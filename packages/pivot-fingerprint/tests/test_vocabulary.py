"""The names that a reader knows are names, and the built-in ones exist."""

import builtins

import pytest

from pivot_fingerprint.vocabulary import COMMON, INTROSPECTORS, NAMERS, TEXT_READERS


def test_common_names_are_built_in() -> None:
    assert [name for name in sorted(COMMON) if not hasattr(builtins, name)] == []


@pytest.mark.parametrize("names", [COMMON, INTROSPECTORS, NAMERS, TEXT_READERS])
def test_they_are_single_names(names: frozenset[str]) -> None:
    assert [name for name in sorted(names) if not name.isidentifier()] == []


def test_what_looks_into_other_code_is_not_plain_text() -> None:
    assert COMMON.isdisjoint(INTROSPECTORS | NAMERS | TEXT_READERS)
