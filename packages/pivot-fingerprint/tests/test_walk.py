"""Everything that an entry reaches, and the way there."""

from pathlib import Path

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.processes import Processes
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources
from pivot_fingerprint.walk import walk

MAIN = """\
import random
from other import deep, LIMIT


def run():
    return deep(LIMIT)


def alone():
    return random.random()


def again():
    return run() if LIMIT else again()
"""
OTHER = "LIMIT = 3\nUNUSED = 4\n\n\ndef deep(x):\n    return even(x)\n\n\ndef even(x):\n    return deep(x - 1)\n"
SEED = "import random\nrandom.seed(0)\n"


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


def names(graph: Graph, numbers: list[int]) -> set[str]:
    return {graph.sources.definitions[one].name for one in numbers}


def test_the_closure_of_a_function(tmp_path: Path) -> None:
    write(tmp_path, main=MAIN, other=OTHER)
    graph = look(tmp_path)
    found = walk(graph, [number(graph, "main", "run")], Processes(graph).process(["main"]))
    assert {"run", "deep", "even", "LIMIT"} <= names(graph, found.definitions)
    assert not {"alone", "again", "UNUSED"} & names(graph, found.definitions)
    assert len(found.definitions) == len(set(found.definitions))


def test_the_way_leads_back_to_the_entry(tmp_path: Path) -> None:
    write(tmp_path, main=MAIN, other=OTHER)
    graph = look(tmp_path)
    run = number(graph, "main", "run")
    found = walk(graph, [run], Processes(graph).process(["main"]))
    node, way = number(graph, "other", "even"), []
    while node in found.led_by:
        node = found.led_by[node]
        way.append(node)
    assert way[-1] == run
    assert number(graph, "other", "deep") in way


def test_an_effect_on_a_module_reaches_those_that_use_it(tmp_path: Path) -> None:
    write(tmp_path, main=MAIN, other=OTHER, seed=SEED)
    graph = look(tmp_path)
    process = Processes(graph).process(["main", "seed"])
    alone = walk(graph, [number(graph, "main", "alone")], process)
    run = walk(graph, [number(graph, "main", "run")], process)
    assert "seed" in {graph.sources.homes[one].name for one in alone.definitions}
    assert "seed" not in {graph.sources.homes[one].name for one in run.definitions}


def test_what_is_ignored_ends_the_way(tmp_path: Path) -> None:
    write(tmp_path, main="def run(): return a()\ndef a():  # pivot: ignore\n    return b()\ndef b(): ...\n")
    graph = look(tmp_path)
    found = walk(graph, [number(graph, "main", "run")], Processes(graph).process(["main"]))
    assert names(graph, found.definitions) == {"run"}
    assert names(graph, found.ignored) == {"a"}
