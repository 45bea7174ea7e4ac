"""What is found for many entries at once is what a walk finds for each."""

import pytest

from pivot_fingerprint.processes import Processes
from pivot_fingerprint.reach import Reach
from pivot_fingerprint.walk import walk


@pytest.mark.parametrize(
    "more",
    [
        "",
        "import random\nrandom.seed(0)\n",
        "from other import EVERY\nEVERY.append(1)\n",
        "def late():\n    import loaded\n    return loaded.X\n",
        "import inspect\nfrom main import run\ndef ask(x: int): return inspect.signature(run)\n",
        "class A: ...\nclass B(A): ...\ndef all_of(): return A.__subclasses__()\n",
    ],
    ids=["plain", "effect", "contribution", "late", "introspection", "subclasses"],
)
def test_the_same_as_a_walk(look, calls, more: str) -> None:
    graph = look(**calls, more=more, loaded="X = 1\n")
    process = Processes(graph).process(["main", "more"])
    reach = Reach(graph, process)
    for start in range(len(graph.sources.definitions)):
        found, expected = reach.walk([start]), walk(graph, [start], process)
        assert set(found.definitions) == set(expected.definitions)
        assert set(found.others) == set(expected.others)
        assert found.outside == expected.outside
        assert found.ignored == expected.ignored


def test_entries_together_reach_what_each_does(look, calls) -> None:
    graph = look(**calls)
    reach = Reach(graph, Processes(graph).process(["main"]))
    run, alone = graph.number("main", "run"), graph.number("main", "alone")
    both = reach.walk([run, alone])
    apart = {one for start in (run, alone) for one in reach.walk([start]).definitions}
    assert set(both.definitions) == apart
    assert {run, alone, graph.number("other", "even")} <= apart
