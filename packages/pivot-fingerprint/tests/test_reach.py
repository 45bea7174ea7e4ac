"""What is found for many entries at once is what a walk finds for each."""

from pathlib import Path

import pytest

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.processes import Processes
from pivot_fingerprint.reach import Reach
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


@pytest.mark.parametrize(
    "more",
    [
        "",
        SEED,
        "from other import EVERY\nEVERY.append(1)\n",
        "def late():\n    import loaded\n    return loaded.X\n",
        "import inspect\nfrom main import run\ndef ask(x: int): return inspect.signature(run)\n",
        "class A: ...\nclass B(A): ...\ndef all_of(): return A.__subclasses__()\n",
    ],
    ids=["plain", "effect", "contribution", "late", "introspection", "subclasses"],
)
def test_the_same_as_a_walk(tmp_path: Path, more: str) -> None:
    write(tmp_path, main=MAIN, other=OTHER + "EVERY = []\ndef every(): return EVERY\n", more=more, loaded="X = 1\n")
    graph = look(tmp_path)
    process = Processes(graph).process(["main", "more"])
    reach = Reach(graph, process)
    for start in range(len(graph.sources.definitions)):
        found, expected = reach.walk([start]), walk(graph, [start], process)
        assert set(found.definitions) == set(expected.definitions)
        assert set(found.others) == set(expected.others)
        assert found.outside == expected.outside
        assert found.ignored == expected.ignored


def test_entries_together_reach_what_each_does(tmp_path: Path) -> None:
    write(tmp_path, main=MAIN, other=OTHER)
    graph = look(tmp_path)
    reach = Reach(graph, Processes(graph).process(["main"]))
    run, alone = number(graph, "main", "run"), number(graph, "main", "alone")
    both = reach.walk([run, alone])
    apart = {one for start in (run, alone) for one in reach.walk([start]).definitions}
    assert set(both.definitions) == apart
    assert {run, alone, number(graph, "other", "even")} <= apart
