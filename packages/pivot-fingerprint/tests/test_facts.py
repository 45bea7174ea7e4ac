"""What the text of one module says: definitions, names bound and read, imports, marks."""

import textwrap

import pytest

from pivot_fingerprint.definitions import DYNAMIC, IGNORED, Definition, Facts
from pivot_fingerprint.facts import read_facts


def read(text: str) -> Facts:
    return read_facts(textwrap.dedent(text).encode())


def named(facts: Facts, name: str) -> Definition:
    return next(one for one in facts.definitions if one.name == name)


def paths(definition: Definition) -> set[str]:
    return {path for path, _ in definition.refs}


def test_every_statement_and_method_is_a_definition() -> None:
    facts = read("""
        LIMIT = 3

        def run():
            return LIMIT

        class Model:
            size = 2

            def fit(self):
                return run()
    """)
    kinds = {one.name: one.kind for one in facts.definitions}
    assert kinds == {"LIMIT": "const", "run": "func", "Model": "class", "Model.fit": "method"}
    assert facts.definitions[named(facts, "Model.fit").owner].name == "Model"
    assert set(facts.binds) == {"LIMIT", "run", "Model"}
    assert (named(facts, "run").line, named(facts, "run").end) == (4, 5)


def test_chains_of_attributes_are_kept_whole() -> None:
    facts = read("""
        def run(rows):
            return utils.text.clean(rows, settings.LIMIT)
    """)
    assert paths(named(facts, "run")) == {"utils.text.clean", "settings.LIMIT"}


@pytest.mark.parametrize(
    ("statement", "name", "path", "level", "module"),
    [
        ("import numpy", "numpy", "!0:numpy:", 0, "numpy"),
        ("import numpy as np", "np", "!0:numpy:", 0, "numpy"),
        ("import a.b", "a", "!0:a:", 0, "a.b"),
        ("import a.b as c", "c", "!0:a.b:", 0, "a.b"),
        ("from a import b", "b", "!0:a:b", 0, "a"),
        ("from a import b as c", "c", "!0:a:b", 0, "a"),
        ("from . import b", "b", "!1::b", 1, ""),
        ("from ..a import b", "b", "!2:a:b", 2, "a"),
    ],
)
def test_imports(statement: str, name: str, path: str, level: int, module: str) -> None:
    facts = read(statement)
    assert facts.binds == {name: [path]}
    assert (level, module) in [(load[0], load[1]) for load in facts.loads]


def test_star_imports() -> None:
    facts = read("from .names import *")
    assert [star[:2] for star in facts.stars] == [[1, "names"]]


def test_statement_that_changes_another_name_contributes_to_it() -> None:
    facts = read("""
        TABLE = {}
        TABLE["a"] = 1
        TABLE.update(b=2)
        OTHER = 5
    """)
    changing = [
        one.line for one in facts.definitions if any(path.partition(".")[0] == "TABLE" for _, path, *_ in one.now)
    ]
    assert changing == [3, 4]


def test_conditional_definitions_bind_the_same_name() -> None:
    facts = read("""
        if FAST:
            def run():
                return 1
        else:
            def run():
                return 2
    """)
    found = [facts.definitions[at] for at in facts.binds["run"]]
    assert [one.name for one in found] == ["run", "run"]
    assert found[0].text != found[1].text


def test_what_only_type_checkers_or_scripts_see_is_left_out() -> None:
    facts = read("""
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            import heavy

        if __name__ == "__main__":
            run()
    """)
    assert "heavy" not in facts.binds
    assert all("run" not in paths(one) for one in facts.definitions)


@pytest.mark.parametrize(("text", "expected"), [("__all__ = ['a', 'b']", ["a", "b"]), ("a = 1", None)])
def test_exports(text: str, expected: list[str] | None) -> None:
    assert read(text).exports == expected


def test_ignored_definitions_are_marked() -> None:
    facts = read("""
        LEVEL = 1  # pivot: ignore
        OTHER = "# pivot: ignore"
    """)
    assert named(facts, "LEVEL").marks & IGNORED
    assert not named(facts, "OTHER").marks & IGNORED


def test_text_that_is_not_python_is_one_definition_of_all_names() -> None:
    broken, other = read_facts(b"def run(:\n"), read_facts(b"def run(;\n")
    assert len(broken.definitions) == 1
    assert broken.marks & DYNAMIC
    assert broken.definitions[0].opaque
    assert broken.definitions[0].text != other.definitions[0].text


def test_names_that_functions_declare_global() -> None:
    facts = read("""
        def start():
            global STATE
            STATE = 1
    """)
    assert [facts.definitions[at].name for at in facts.late["STATE"]] == ["start"]
