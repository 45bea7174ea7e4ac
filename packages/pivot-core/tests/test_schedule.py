"""Who may start: order, mutexes, giving back."""

from pivot.graph import build
from pivot.manifest import DepSpec, LoaderSpec, OutSpec, StageSpec
from pivot.schedule import Schedule

LOADER = LoaderSpec("pivot.loaders:PathOnly", "{}")


def stage(name: str, reads: str = "", makes: str = "", mutex: tuple[str, ...] = ()) -> StageSpec:
    deps = tuple(DepSpec(path, path, LOADER) for path in reads.split())
    outs = tuple(OutSpec(path, path, "out", LOADER) for path in makes.split())
    return StageSpec(name, ".", "pipeline.py", 1, (), deps, outs, mutex=mutex)


def schedule(*stages: StageSpec) -> Schedule:
    graph = build(stages)
    specs = {one.name: one for one in stages}
    return Schedule([specs[name] for name in graph.order], graph)


def test_settling_as_one_goes_makes_the_next_ready_in_the_same_walk() -> None:
    plan = schedule(stage("a", makes="x"), stage("b", "x", "y"), stage("c", "y"))
    seen = []
    for one in plan.ready():
        seen.append(one.name)
        plan.settle(one)
    assert seen == ["a", "b", "c"] and plan.left == 0


def test_a_running_stage_holds_back_its_readers_and_its_mutex() -> None:
    plan = schedule(stage("a", makes="x", mutex=("gpu",)), stage("b", mutex=("gpu",)), stage("c", "x"), stage("d"))
    taken = []
    for one in plan.ready():
        taken.append(one)
        plan.start(one)
    assert [one.name for one in taken] == ["a", "d"]
    plan.settle(taken[0])
    assert [one.name for one in plan.ready()] == ["b", "c"]


def test_a_deferred_stage_comes_again() -> None:
    plan = schedule(stage("a"), stage("b"))
    first = next(plan.ready())
    plan.defer(first)
    assert [one.name for one in plan.ready()] == ["a", "b"]
    assert plan.left


def test_what_is_not_chosen_is_no_obstacle() -> None:
    a, b = stage("a", makes="x"), stage("b", "x")
    plan = Schedule([b], build([a, b]))
    assert [one.name for one in plan.ready()] == ["b"]
