"""Where closures begin, and which definitions lines and executed functions are in."""

from pathlib import Path

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.entries import containing, numbers, starts, statements
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.parts import Entry, ImportRead
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources


def write(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / f"{name}.py").write_text(text)


def look(root: Path) -> Graph:
    resolver = Resolver(Sources(Finder([str(root)], []), PlainMemo()))
    return Graph(resolver, Examiner(resolver), str(root))


def number(graph: Graph, module: str, name: str) -> int:
    found = graph.sources.module(module)
    assert isinstance(found, Source)
    return next(
        found.first + at for at, one in enumerate(found.facts.definitions) if name == one.name or name in one.binds
    )


MAIN = """\
X = 1


def run():
    return [x for x in ()]


class Model:
    def fit(self):
        return 1


pick = lambda x: x
"""


def begin(root: Path) -> tuple[Graph, Source]:
    write(root, main=MAIN)
    graph = look(root)
    found = graph.sources.module("main")
    assert isinstance(found, Source)
    return graph, found


def test_by_name(tmp_path: Path) -> None:
    graph, main = begin(tmp_path)
    assert numbers(Entry("main", "run"), main) == [number(graph, "main", "run")]
    assert numbers(Entry("main", "Model.fit"), main) == [number(graph, "main", "Model")]  # a method needs its class
    assert number(graph, "main", "run") in starts(Entry("main", "run"), graph)
    assert graph.node("name", "main", "run") in starts(Entry("main", "run"), graph)


def test_by_line(tmp_path: Path) -> None:
    graph, main = begin(tmp_path)
    assert number(graph, "main", "pick") in containing(Entry("main", "<lambda>", 13), main)
    assert numbers(Entry("main", "run.<locals>.<listcomp>", 5), main) == [number(graph, "main", "run")]
    assert numbers(Entry("main", "gone"), main) == []


def test_modules(tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    graph, _ = begin(tmp_path)
    assert starts(Entry("main", ""), graph) == [graph.node("whole", "main")]
    assert starts(Entry("space", ""), graph) == [graph.node("whole", "space")]
    assert starts(Entry("none", "run"), graph) == []


def test_a_method_that_executed_is_in_itself(tmp_path: Path) -> None:
    graph, main = begin(tmp_path)
    assert containing(Entry("main", "Model.fit", 9), main) == [number(graph, "main", "Model.fit")]


def test_the_statement_on_a_line(tmp_path: Path) -> None:
    graph, main = begin(tmp_path)
    x = number(graph, "main", "X") - main.first
    assert statements(ImportRead("env", "HOME", None, "main", 1), main) == [x]
    assert statements(ImportRead("env", "HOME", None, "main", 2), main) == [-1]
