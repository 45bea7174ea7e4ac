"""Everything that an entry reaches, and the way there."""

from pivot_fingerprint.processes import Processes
from pivot_fingerprint.walk import walk


def test_the_closure_of_a_function(look, calls) -> None:
    graph = look(**calls)
    found = walk(graph, [graph.number("main", "run")], Processes(graph).process(["main"]))
    assert {"run", "deep", "even", "LIMIT"} <= graph.names(found.definitions)
    assert not {"alone", "again", "UNUSED"} & graph.names(found.definitions)
    assert len(found.definitions) == len(set(found.definitions))


def test_the_way_leads_back_to_the_entry(look, calls) -> None:
    graph = look(**calls)
    run = graph.number("main", "run")
    found = walk(graph, [run], Processes(graph).process(["main"]))
    node, way = graph.number("other", "even"), []
    while node in found.led_by:
        node = found.led_by[node]
        way.append(node)
    assert way[-1] == run
    assert graph.number("other", "deep") in way


def test_an_effect_on_a_module_reaches_those_that_use_it(look, calls) -> None:
    graph = look(**calls, seed="import random\nrandom.seed(0)\n")
    process = Processes(graph).process(["main", "seed"])
    alone = walk(graph, [graph.number("main", "alone")], process)
    run = walk(graph, [graph.number("main", "run")], process)
    assert "seed" in {graph.sources.homes[one].name for one in alone.definitions}
    assert "seed" not in {graph.sources.homes[one].name for one in run.definitions}


def test_what_is_ignored_ends_the_way(look) -> None:
    graph = look(main="def run(): return a()\ndef a():  # pivot: ignore\n    return b()\ndef b(): ...\n")
    found = walk(graph, [graph.number("main", "run")], Processes(graph).process(["main"]))
    assert graph.names(found.definitions) == {"run"}
    assert graph.names(found.ignored) == {"a"}
