"""What is remembered of a plan: each fact with the stages that rest on it."""

import time

import pytest

from pivot import users
from pivot.forecast import plan
from pivot.options import Options
from pivot_cache import Scan


@pytest.fixture(params=[10**10, -(10**10)], ids=["settled", "fresh"])
def bench_at(request, bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + request.param)
    bench.repro()
    return bench


def known_users(bench) -> dict[str, list[str]]:
    with bench.open() as workspace:
        doubt = workspace.doubt()
    assert doubt is not None
    return {path: [doubt.answer.stages[number] for number in found] for path, found in doubt.users.items()}


def test_each_path_is_kept_with_the_stages_that_rest_on_it(bench_at) -> None:
    root = str(bench_at.root)
    assert {path.removeprefix(f"{root}/"): stages for path, stages in known_users(bench_at).items()} == {
        ".pivot/stages/clean.lock": ["clean"],
        ".pivot/stages/total.lock": ["total"],
        "raw.json": ["clean"],
        "raw.json.pvt": ["clean"],
        "clean.json": ["clean", "total"],
        "clean.json.pvt": ["total"],
        "total.json": ["total"],
    }


def test_what_was_not_looked_at_is_taken_over(bench_at) -> None:
    before = known_users(bench_at)
    (bench_at.root / "total.json").touch()
    with bench_at.open() as workspace:
        _, planned = plan(workspace, Options(), narrow=True)
    assert planned.standing in (("clean",), ("clean", "total"))  # the content of a fresh file is as it was
    assert known_users(bench_at) == before


def test_what_was_edited_while_another_stage_ran_is_looked_at_again(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage that reads it was found up to date before the edit; another that reads it was looked at after it."""
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + 10**10)
    both = 'clean: Annotated[dict, pivot.Dep("clean.json", JSON())]'
    bench.edit("pipeline.py", both, f'{both}, given: Annotated[dict, pivot.Dep("given.json", JSON())]')
    bench.edit("pipeline.py", "pipeline.register(total)", "pipeline.register(total)\npipeline.register(other)")
    bench.edit(
        "pipeline.py",
        "pipeline = pivot",
        'def other(given: Annotated[dict, pivot.Dep("given.json", JSON())])'
        ' -> Annotated[dict, pivot.Out("other.json", JSON())]:\n    return given\n\npipeline = pivot',
    )
    bench.write(given__json="1")
    bench.repro()
    bench.edit("helpers.py", "return raw", "return 7")
    bench.during["clean"] = lambda: bench.write(given__json="22")
    bench.writes = lambda order: f"other, made by {order.stage}"
    assert bench.repro().actions == {"clean": "run", "other": "skip", "total": "run"}
    with bench.open() as workspace:
        assert workspace.standing() is None
        steps = plan(workspace, Options(), narrow=True)[1].steps
        assert [step.stage.name for step in steps if step.decision.action == "run"] == ["other"]


def test_stages_with_too_many_fresh_files_stay_open(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() - 10**10)
    bench.repro()
    monkeypatch.setattr(users, "MOST_FRESH", 3)  # the sources are two
    bench.write(raw__json="[1]")
    with bench.open() as workspace:
        plan(workspace, Options(), narrow=True)
        doubt = workspace.doubt()
        assert doubt is not None and doubt.stages == {"clean", "total"}
        assert workspace.standing() is None
