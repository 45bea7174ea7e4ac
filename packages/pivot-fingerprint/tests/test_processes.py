"""What is imported in any case, and what that does."""

from pathlib import Path

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.processes import Processes
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


def test_the_order_of_import(tmp_path: Path) -> None:
    write(tmp_path, main="import a\n", a="import b\n", b="", other="")
    modules = Processes(look(tmp_path)).process(["main"]).modules
    assert sorted(modules, key=lambda name: modules[name]) == ["b", "a", "main"]


def test_contributions_are_those_of_imported_modules_only(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="ITEMS = []\nclass Model: ...\n",
        plug="from base import ITEMS, Model\nITEMS.append(1)\nclass Net(Model): ...\n",
    )
    graph = look(tmp_path)
    processes = Processes(graph)
    items, model = graph.node("name", "base", "ITEMS"), graph.node("name", "base", "Model")
    assert items not in processes.process(["base"]).contributions
    found = processes.process(["base", "plug"])
    assert [graph.sources.homes[one].name for one in found.contributions[items]] == ["plug"]
    assert found.subclasses[model] == [number(graph, "plug", "Net")]


def test_effects_outside_the_project_wait(tmp_path: Path) -> None:
    write(tmp_path, main="import random\nrandom.seed(0)\n", quiet="import random\n")
    graph = look(tmp_path)
    processes = Processes(graph)
    ((_, node, changed),) = processes.process(["main"]).waiting
    assert graph.label(node) == ("load", "main")
    assert any(name.startswith("random") for name in changed)
    assert processes.process(["quiet"]).waiting == []


def test_a_process_is_made_once(tmp_path: Path) -> None:
    write(tmp_path, a="", b="")
    processes = Processes(look(tmp_path))
    assert processes.process(["a", "b"]) is processes.process(["b", "a", "b"])
    assert processes.process(["a"]) is not processes.process(["b"])
