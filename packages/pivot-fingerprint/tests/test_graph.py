"""Where definitions, names and modules lead."""

from pathlib import Path

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import NOWHERE, Edges, Graph, joined
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
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


def test_a_label_has_one_node_and_back(tmp_path: Path) -> None:
    graph = look(tmp_path)
    node = graph.node("name", "a", "X")
    assert node < 0
    assert graph.node("name", "a", "X") == node != graph.node("name", "a", "Y")
    assert graph.label(node) == ("name", "a", "X")


def test_a_definition_leads_to_names_and_a_name_to_what_binds_it(tmp_path: Path) -> None:
    write(tmp_path, main="from other import help\ndef run(): return help()\n", other="def help(): ...\nX = 1\n")
    graph = look(tmp_path)
    name = graph.node("name", "other", "help")
    nodes = graph.edges(number(graph, "main", "run")).nodes
    assert name in nodes
    assert graph.node("name", "other", "X") not in nodes
    assert number(graph, "other", "help") in graph.edges(name).nodes


def test_a_class_leads_to_its_methods(tmp_path: Path) -> None:
    write(tmp_path, main="class Model:\n    def fit(self): ...\n    def stop(self): ...\n")
    graph = look(tmp_path)
    nodes = graph.edges(number(graph, "main", "Model")).nodes
    assert {number(graph, "main", "Model.fit"), number(graph, "main", "Model.stop")} <= set(nodes)


def test_a_module_as_a_value_leads_to_all_that_is_in_it(tmp_path: Path) -> None:
    write(tmp_path, main="import other\ndef run(): return vars(other)\n", other="X = 1\ndef help(): ...\n")
    graph = look(tmp_path)
    whole = graph.node("whole", "other")
    assert whole in graph.edges(number(graph, "main", "run")).nodes
    assert {number(graph, "other", "X"), number(graph, "other", "help")} <= set(graph.edges(whole).nodes)


def test_outside_the_project_nothing_follows(tmp_path: Path) -> None:
    write(tmp_path, main="import lib\ndef run(): return lib.go()\n")
    graph = look(tmp_path)
    assert [one.name for one in graph.edges(number(graph, "main", "run")).outside] == ["lib"]
    assert graph.edges(graph.node("load", "lib")) == NOWHERE
    assert joined(Edges((1,)), Edges((2,))) == Edges((1, 2))


def test_what_is_read_at_import_belongs_to_its_statement(tmp_path: Path) -> None:
    write(tmp_path, main="X = 1\nY = 2\n")
    graph = look(tmp_path)
    x, y = number(graph, "main", "X"), number(graph, "main", "Y")
    graph.reads["main", x - graph.sources.homes[x].first] = [("file", "/data.txt")]
    read = graph.node("read", "file", "/data.txt")
    assert read in graph.edges(x).nodes
    assert read not in graph.edges(y).nodes
