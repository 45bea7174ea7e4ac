"""Locks between processes, here between two holders in one."""

from pivot.graph import build
from pivot.stage_locks import StageLocks


def test_all_or_nothing_and_who_is_in_the_way(bench) -> None:
    with bench.open() as workspace:
        manifest = workspace.manifest()
    graph = build(manifest.stages)
    one, other = (StageLocks(bench.root / ".pivot", manifest, graph) for _ in range(2))
    assert one.take("clean") is None
    assert other.take("clean") == "clean" and other.take("total") == "clean"
    one.release("clean")
    assert other.take("total") is None
    assert one.take("clean") == "clean"  # somebody reads what it makes
    other.release("total")
    assert one.take("clean") is None
    one.release("clean")
    one.release("clean")
