"""What expressions stand for outside of a definition, and what is recorded as changed."""

import textwrap

import pytest

from pivot_fingerprint.definitions import DECLARES, MUTATES, PARAMETER, SETS, SHARED, Definition
from pivot_fingerprint.facts import read_facts


def last(text: str) -> Definition:
    return read_facts(textwrap.dedent(text).encode()).definitions[-1]


def changed(definition: Definition, what: str) -> list[object]:
    return [one[1] for one in definition.later if one[0] == what]


@pytest.mark.parametrize(
    ("statement", "what", "path"),
    [
        ("table['a'] = 1", MUTATES, "table"),
        ("table.rows[0] = 1", MUTATES, "table.rows"),
        ("table['a'].update({})", MUTATES, "table"),
        ("del table['a']", MUTATES, "table"),
        ("settings.level = 1", SETS, "settings.level"),
        ("setattr(settings, 'level', 1)", SETS, "settings.level"),
        ("alias = table\n    alias.append(1)", MUTATES, "table"),
        ("for one in table:\n        one.append(1)", MUTATES, "table"),
        ("rows.append(1)", PARAMETER, 0),
        ("global count\n    count = 1", DECLARES, "count"),
        ("globals()['count'] = 1", DECLARES, "count"),
    ],
)
def test_changes_are_recorded(statement: str, what: str, path: object) -> None:
    assert changed(last(f"def f(rows):\n    {statement}\n"), what) == [path]


def test_changes_of_locals_are_nobodys_business() -> None:
    definition = last("""
        def f():
            rows = []
            rows.append(1)
            rows[0] = 2
            return rows
    """)
    assert definition.later == []


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("globals()['clean']", "clean"),
        ("importlib.import_module('words').clean", "!0:words:clean"),
        ("sys.modules['words'].clean", "!0:words:clean"),
        ("np.linalg.inv", "np.linalg.inv"),
        ("getattr(words, 'clean')", "words.clean"),
    ],
)
def test_names_by_text_are_names(expression: str, path: str) -> None:
    definition = last(f"import importlib, sys\ndef f():\n    return {expression}\n")
    assert path in [one for one, _ in definition.refs]


def test_import_inside_a_function_gives_paths_to_its_names() -> None:
    definition = last("""
        def f(rows):
            from .words import clean as tidy
            return tidy.deep(rows)
    """)
    assert "!1:words:clean.deep" in [path for path, _ in definition.refs]


@pytest.mark.parametrize(
    ("statement", "shared"),
    [
        ("self.seen.append(1)", True),
        ("self.seen['a'] = 1", True),
        ("self.seen[0].append(1)", True),
        ("rows = self.seen\n            rows.append(1)", True),
        ("type(self).total += 1", True),
        ("self.__class__.total += 1", True),
        ("kind = type(self)\n            kind.total = 1", True),
        ("self.own.append(1)", False),
        ("self.total += 1", False),
        ("self.seen = [1]", False),
        ("other.seen.append(1)", False),
        ("type(other).total += 1", False),
    ],
)
def test_what_instances_have_in_common(statement: str, shared: bool) -> None:
    method = last(f"""
        class Model:
            seen = []
            total = 0
            def add(self, other):
                {statement.replace("            ", "                ")}
    """)
    assert (SHARED in changed(method, PARAMETER)) is shared
