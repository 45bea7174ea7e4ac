"""Order: who reads from whom, cycles, closures."""

import pytest

from pivot.errors import DeclarationError
from pivot.graph import build
from pivot.manifest import DepSpec, LoaderSpec, OutSpec, StageSpec

LOADER = LoaderSpec("pivot.loaders:PathOnly", "{}")


def stage(name: str, reads: tuple[str, ...] = (), makes: tuple[str, ...] = ()) -> StageSpec:
    deps = tuple(DepSpec(f"p{index}", path, LOADER) for index, path in enumerate(reads))
    outs = tuple(OutSpec(path, path, "out", LOADER) for path in makes)
    return StageSpec(name, ".", "pipeline.py", 3, (), deps, outs)


def test_a_reader_comes_after_the_maker_whatever_the_order_of_registration() -> None:
    graph = build([stage("b", reads=("x.csv",)), stage("a", makes=("x.csv",))])
    assert graph.order == ("a", "b")
    assert graph.upstream == {"b": ("a",), "a": ()}


@pytest.mark.parametrize(
    ("made", "read"),
    [("data/", "data/"), ("data/", "data/x/y.csv"), ("data/x/y.csv", "data/"), ("data/x/", "data/x/y.csv")],
)
def test_a_directory_stands_for_everything_below_it(made: str, read: str) -> None:
    assert build([stage("a", makes=(made,)), stage("b", reads=(read,))]).upstream["b"] == ("a",)


def test_a_name_that_only_begins_alike_is_no_edge() -> None:
    assert build([stage("a", makes=("data/",)), stage("b", reads=("data2/x.csv",))]).upstream["b"] == ()


def test_a_cycle_names_the_stages_and_the_place() -> None:
    with pytest.raises(DeclarationError) as caught:
        build([stage("a", reads=("y",), makes=("x",)), stage("b", reads=("x",), makes=("y",))])
    assert "cycle" in caught.value.problem and "a" in caught.value.problem and "→" in caught.value.problem
    assert (caught.value.file, caught.value.line) == ("pipeline.py", 3)


def test_a_cycle_is_told_in_the_direction_of_the_data() -> None:
    stages = [stage(name, reads=(read,), makes=(name,)) for name, read in [("a", "c"), ("b", "a"), ("c", "b")]]
    with pytest.raises(DeclarationError) as caught:
        build(stages)
    assert any(caught.value.problem.endswith(way) for way in ("a → b → c → a", "b → c → a → b", "c → a → b → c"))


def test_closure_holds_what_the_targets_depend_on_and_nothing_else() -> None:
    graph = build([stage("a", makes=("x",)), stage("b", ("x",), ("y",)), stage("c", ("y",)), stage("d")])
    assert graph.closure(["b"]) == ("a", "b")
    assert graph.downstream("a") == {"b", "c"}
