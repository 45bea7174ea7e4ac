"""What is imported in any case, and what that does."""

from pivot_fingerprint.processes import Processes


def test_the_order_of_import(look) -> None:
    graph = look(main="import a\n", a="import b\n", b="", other="")
    modules = Processes(graph).process(["main"]).modules
    assert sorted(modules, key=lambda name: modules[name]) == ["b", "a", "main"]


def test_contributions_are_those_of_imported_modules_only(look) -> None:
    graph = look(
        base="ITEMS = []\nclass Model: ...\n",
        plug="from base import ITEMS, Model\nITEMS.append(1)\nclass Net(Model): ...\n",
    )
    processes = Processes(graph)
    items, model = graph.node("name", "base", "ITEMS"), graph.node("name", "base", "Model")
    assert items not in processes.process(["base"]).contributions
    found = processes.process(["base", "plug"])
    assert [graph.sources.homes[one].name for one in found.contributions[items]] == ["plug"]
    assert found.subclasses[model] == [graph.number("plug", "Net")]


def test_effects_outside_the_project_wait(look) -> None:
    graph = look(main="import random\nrandom.seed(0)\n", quiet="import random\n")
    processes = Processes(graph)
    ((_, node, changed),) = processes.process(["main"]).waiting
    assert graph.label(node) == ("load", "main")
    assert any(name.startswith("random") for name in changed)
    assert processes.process(["quiet"]).waiting == []


def test_a_process_is_made_once(look) -> None:
    processes = Processes(look(a="", b=""))
    assert processes.process(["a", "b"]) is processes.process(["b", "a", "b"])
    assert processes.process(["a"]) is not processes.process(["b"])
