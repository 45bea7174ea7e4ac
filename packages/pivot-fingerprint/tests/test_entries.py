"""Where closures begin, and which definitions lines and executed functions are in."""

from pathlib import Path

import pytest

from pivot_fingerprint.entries import containing, numbers, starts, statements
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.parts import Entry, ImportRead
from pivot_fingerprint.sources import Source

MAIN = """\
X = 1


def run():
    return [x for x in ()]


class Model:
    def fit(self):
        return 1


pick = lambda x: x
"""


@pytest.fixture
def project(look) -> tuple[Graph, Source]:
    graph = look(main=MAIN)
    found = graph.sources.module("main")
    assert isinstance(found, Source)
    return graph, found


def test_by_name(project) -> None:
    graph, main = project
    assert numbers(Entry("main", "run"), main) == [graph.number("main", "run")]
    assert numbers(Entry("main", "Model.fit"), main) == [graph.number("main", "Model")]  # a method needs its class
    assert graph.number("main", "run") in starts(Entry("main", "run"), graph)
    assert graph.node("name", "main", "run") in starts(Entry("main", "run"), graph)


def test_by_line(project) -> None:
    graph, main = project
    assert graph.number("main", "pick") in containing(Entry("main", "<lambda>", 13), main)
    assert numbers(Entry("main", "run.<locals>.<listcomp>", 5), main) == [graph.number("main", "run")]
    assert numbers(Entry("main", "gone"), main) == []


def test_modules(look, tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    graph = look(main=MAIN)
    assert starts(Entry("main", ""), graph) == [graph.node("whole", "main")]
    assert starts(Entry("space", ""), graph) == [graph.node("whole", "space")]
    assert starts(Entry("none", "run"), graph) == []


def test_a_method_that_executed_is_in_itself(project) -> None:
    graph, main = project
    assert containing(Entry("main", "Model.fit", 9), main) == [graph.number("main", "Model.fit")]


def test_the_statement_on_a_line(project) -> None:
    graph, main = project
    x = graph.number("main", "X") - main.first
    assert statements(ImportRead("env", "HOME", None, "main", 1), main) == [x]
    assert statements(ImportRead("env", "HOME", None, "main", 2), main) == [-1]


def test_a_module_outside_the_project_is_a_node_of_its_own(look) -> None:
    graph = look(main=MAIN)
    (node,) = starts(Entry("somewhere", ""), graph)
    assert graph.label(node) == ("outside", "somewhere")
    assert [one.name for one in graph.edges(node).outside] == ["somewhere"]
    assert starts(Entry("somewhere", "run"), graph) == []
