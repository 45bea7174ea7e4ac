"""What a part is made of in every process."""

from pivot_fingerprint.graph import Contributed
from pivot_fingerprint.order import Order
from pivot_fingerprint.sketches import ANNOTATED, FULL, TEXT, Sketches
from pivot_fingerprint.sources import Source

MAIN = """\
from other import helper

TABLE = []


def run(x):
    return helper(x), Model


class Model:
    rate: int = 1


def keep(x):
    TABLE.append(x)


def ask(x):
    return eval(x)
"""


def sketches(look) -> tuple[object, Sketches]:
    graph = look(main=MAIN, other="def helper(x): return x\n")
    graph.contributed = Contributed(frozenset({("main", "TABLE")}), frozenset())
    return graph, Sketches(graph, Order(graph))


def test_what_names_mean_and_which_of_them_may_be_nameless(look) -> None:
    graph, found = sketches(look)
    run, helper = found.of(graph.number("main", "run")), graph.number("other", "helper")
    assert run[:4] == ("func", "run", "func:main:run", TEXT)
    assert run.names == ["other:helper", "main:Model"]
    assert [one for _, one, _ in run.pieces] == [helper, graph.number("main", "Model")]
    assert found.of(helper).nameless
    assert not found.of(graph.number("main", "Model")).nameless


def test_which_text_counts(look) -> None:
    graph, found = sketches(look)
    model = graph.number("main", "Model")
    assert found.of(model).field == TEXT
    assert found.make(model, FULL).field == FULL
    assert found.make(model, ANNOTATED).text != found.of(model).text


def test_the_process_counts_where_something_contributes_or_is_opaque(look) -> None:
    graph, found = sketches(look)
    plain = {name for name in ("run", "keep", "ask") if found.of(graph.number("main", name)).plain}
    assert plain == {"run"}


def test_whose_names_code_can_see(look) -> None:
    graph, found = sketches(look)
    main, other = graph.sources.module("main"), graph.sources.module("other")
    assert isinstance(main, Source)
    assert isinstance(other, Source)
    assert found.shown(main).every
    assert graph.number("main", "Model") in found.shown(main).definitions
    assert found.shown(other)[:2] == (False, [])
