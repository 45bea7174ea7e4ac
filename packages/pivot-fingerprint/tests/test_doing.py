"""Assignments, loops and deletions as the whole reader sees them."""

import textwrap

import pytest

from pivot_fingerprint.definitions import KEPT, MUTATES, VALUE, Definition
from pivot_fingerprint.facts import read_facts


def only(text: str) -> Definition:
    [definition] = read_facts(textwrap.dedent(text).encode()).definitions
    return definition


def test_local_name_may_stand_for_several_things() -> None:
    definition = only("""
        def f(flag):
            if flag:
                table = FIRST
            else:
                table = SECOND
            table.append(1)
    """)
    assert [one[1] for one in definition.later if one[0] == MUTATES] == ["FIRST", "SECOND"]


def test_result_of_a_call_is_known_to_be_one() -> None:
    definition = only("""
        def f():
            table = make()
            table.append(1)
    """)
    assert [one for one in definition.later if one[0] == MUTATES] == [[MUTATES, "make", "append", KEPT]]


def test_augmented_assignment_reads_what_it_replaces() -> None:
    assert dict(only("def f():\n    settings.count += 1").refs)["settings.count"] & VALUE
    assert not dict(only("def f():\n    settings.count = 1").refs)["settings.count"] & VALUE


@pytest.mark.parametrize(("one", "other"), [("del a, b", "del (a, b)"), ("a: int = 1", "a = 1"), ("a: 'x'", "pass")])
def test_statements_with_the_same_effect_in_a_function(one: str, other: str) -> None:
    template = "def f():\n    a = b = 0\n    {}\n    return 1"
    assert only(template.format(one)).text == only(template.format(other)).text


def test_annotation_in_a_class_is_noted() -> None:
    plain, noted, other = (only(f"class C:\n    size{annotation} = 1") for annotation in ("", ": int", ": float"))
    assert plain.text == noted.text == other.text
    assert len({plain.full, noted.full, other.full}) == 3
    assert [path for path, _ in noted.refs] == []
