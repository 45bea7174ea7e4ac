"""The use case as a story, with an executor that only writes what it is told."""

import pytest

from pivot.errors import MissingInput, UsageError
from pivot.events import RunFinished, RunStarted, StageBlocked, StageDone, StageSkipped, StageStarted
from pivot.execute.executor import Failure

RAISED = Failure("raised", "ValueError: no")


def test_everything_then_nothing(bench) -> None:
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    assert [type(event) for event in bench.events] == [
        RunStarted,
        StageStarted,
        StageDone,
        StageStarted,
        StageDone,
        RunFinished,
    ]
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    assert [type(event) for event in bench.events] == [RunStarted, StageSkipped, StageSkipped, RunFinished]


def test_early_cut_off(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    assert bench.repro().actions == {"clean": "run", "total": "skip"}


def test_a_changed_result_goes_on(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    bench.writes = lambda order: f"other bytes of {order.stage}"
    assert bench.repro().actions == {"clean": "run", "total": "run"}


def test_a_reverted_edit_is_restored(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    bench.writes = lambda order: "two"
    bench.repro()
    bench.edit("helpers.py", "return 2", "return 1")
    assert bench.repro().actions == {"clean": "skip", "total": "restore"}
    assert bench.ran == [] and (bench.root / "total.json").read_text() == "made by total"


def test_the_order_names_what_was_decided_upon(bench) -> None:
    bench.write(params__yaml="total:\n  factor: 5\n")
    bench.repro()
    order = bench.orders["total"]
    assert order.params == {"factor": 5} and order.outputs == ("total.json",)
    assert [path for path, _ in order.inputs] == ["clean.json"]


def test_a_failure_blocks_what_depends_on_it_and_records_nothing(bench) -> None:
    bench.failures["clean"] = RAISED
    summary = bench.repro()
    assert summary.actions == {"clean": "failed", "total": "blocked"} and summary.failures == {"clean": RAISED}
    assert [event for event in bench.events if isinstance(event, StageBlocked)] == [StageBlocked("total", "clean")]
    assert not (bench.root / ".pivot/stages/clean.lock").exists()
    bench.failures.clear()
    assert bench.repro().actions == {"clean": "run", "total": "run"}


@pytest.mark.parametrize(("keep_going", "action"), [(False, "blocked"), (True, "run")])
def test_fail_fast_or_keep_going(bench, keep_going: bool, action: str) -> None:
    bench.edit(
        "pipeline.py",
        "pipeline.register(total)",
        'pipeline.register(total)\npipeline.register(lambda: 1, name="z", outs="z.txt")',
    )
    bench.failures["clean"] = RAISED
    bench.edit("pipeline.py", "pipeline.register(clean)", 'pipeline.register(clean, mutex=["one"])')
    bench.edit("pipeline.py", 'name="z"', 'mutex=["one"], name="z"')
    assert bench.repro(keep_going=keep_going).actions["z"] == action


def test_force_runs_what_is_up_to_date(bench) -> None:
    bench.repro()
    assert bench.repro(force=True).actions == {"clean": "run", "total": "run"}


def test_targets_bring_what_they_depend_on_unless_alone(bench) -> None:
    assert bench.repro("clean").actions == {"clean": "run"}
    assert bench.repro("total").actions == {"clean": "skip", "total": "run"}
    bench.edit("helpers.py", "return raw", "return 0")
    assert bench.repro("total", alone=True).actions == {"total": "skip"}


def test_unknown_targets_and_missing_inputs_stop_before_anything_runs(bench) -> None:
    with pytest.raises(UsageError, match="totl") as caught:
        bench.repro("totl")
    assert "total" in (caught.value.hint or "")
    (bench.root / "raw.json").unlink()
    with pytest.raises(MissingInput) as missing:
        bench.repro()
    assert (missing.value.stage, missing.value.argument) == ("clean", "raw")
    assert missing.value.hint == "make the file, or declare it as the output of a stage"
    assert bench.ran == []


def test_an_input_whose_name_is_nearly_that_of_an_output(bench) -> None:
    bench.edit("pipeline.py", 'pivot.Dep("clean.json", JSON())', 'pivot.Dep("claen.json", JSON())')
    with pytest.raises(MissingInput, match=r"claen.json does not exist and no stage makes it") as missing:
        bench.repro()
    assert missing.value.hint == "did you mean clean.json, which clean makes?"


def test_a_directory_is_an_input_once_a_stage_makes_something_in_it(bench) -> None:
    bench.edit("pipeline.py", 'pivot.Out("clean.json", JSON())', 'pivot.Out("made/clean.json", JSON())')
    bench.edit("pipeline.py", 'pivot.Dep("clean.json", JSON())', 'pivot.Dep("made/")')
    assert bench.repro().actions == {"clean": "run", "total": "run"}


def test_a_process_is_started_before_the_plan_only_after_an_edit(bench) -> None:
    bench.repro()
    assert len(bench.booted) == 1
    bench.repro()
    assert bench.booted == []
    bench.write(raw__json="[1]")
    bench.repro()
    assert (bench.booted, bench.ran) == ([], ["clean"])
    bench.edit("helpers.py", "return 1", "return 1  # one")
    bench.repro()
    assert [one.closed for one in bench.booted] == [True]
    assert bench.ran == []
    assert bench.booted[0].sources == [str(bench.root / name) for name in ("helpers.py", "pipeline.py")]


def test_in_the_first_run_that_process_imports_the_pipeline_during_the_plan(bench) -> None:
    bench.repro()
    assert bench.booted[0].started == 2  # once more for the run
    bench.edit("helpers.py", "return 1", "return 2")
    bench.repro()
    assert bench.booted[0].started == 1
