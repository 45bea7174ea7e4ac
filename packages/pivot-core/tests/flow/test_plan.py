"""The plan: what would be done, before anything is."""

import pytest

from pivot.errors import UsageError
from pivot.forecast import plan
from pivot.graph import build
from pivot.options import Options
from pivot.plan import choose
from pivot.reasons import CodeChanged, InputChanged, NeverRun, UpstreamRuns


def decisions(bench, *targets: str):
    with bench.open() as workspace:
        return [step.decision for step in plan(workspace, Options(targets))[1].steps]


def test_nothing_is_done_by_planning(bench) -> None:
    first, second = decisions(bench)
    assert first == ("clean", "run", (NeverRun(None),))
    assert second == ("total", "run", (NeverRun(None), UpstreamRuns("clean")))
    assert not (bench.root / "clean.json").exists()


def test_what_follows_a_restored_stage_is_decided_exactly(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return raw", "return 7")
    bench.writes = lambda order: "other"
    bench.repro()
    bench.edit("helpers.py", "return 7", "return raw")
    first, second = decisions(bench)
    assert first.action == "restore" and isinstance(first.reasons[0], CodeChanged)
    assert second.action == "restore" and isinstance(second.reasons[0], InputChanged)


def test_a_target_is_a_stage_or_the_path_of_an_output(bench) -> None:
    with bench.open() as workspace:
        manifest = workspace.manifest()
    graph = build(manifest.stages)
    assert choose(manifest, graph, []) == ("clean", "total")
    assert choose(manifest, graph, ["total.json"]) == ("clean", "total")
    assert choose(manifest, graph, ["total"], alone=True) == ("total",)
    with pytest.raises(UsageError):
        choose(manifest, graph, ["nothing"])
