from pivot.forecast import foresee, plan
from pivot.manifest import Manifest
from pivot.options import Options


def test_a_plan_says_what_a_run_would_do_and_does_none_of_it(bench) -> None:
    with bench.open() as workspace:
        look, planned = plan(workspace, Options())
        assert [step.decision.action for step in planned.steps] == ["run", "run"]
        assert look.manifest.stages == tuple(step.stage for step in planned.steps)
    assert bench.ran == []
    bench.repro()
    with bench.open() as workspace:
        assert {one.action for one in plan(workspace, Options(), narrow=True)[1].decisions} == {"skip"}


def test_an_edit_of_sources_is_told_before_the_plan_is_made(bench) -> None:
    told: list[Manifest] = []
    for text in ("return 1", "return 1  # one", None):
        if text is not None:
            bench.edit("helpers.py", "return 1", text)
        with bench.open() as workspace:
            look, _, _ = foresee(workspace, Options(), narrow=True, on_edit=told.append)
            assert told[-1] is look.manifest or text is None
    assert len(told) == 2
