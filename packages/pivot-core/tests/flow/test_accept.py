"""Accepting code as equivalent, without a run."""

import pytest

from pivot.accept import accept
from pivot.errors import UsageError
from pivot.forecast import plan
from pivot.options import Options


def try_accept(bench, stage: str, reason: str = "only a faster way to the same"):
    with bench.open() as workspace:
        look, planned = plan(workspace, Options((stage,), alone=True))
        return accept(workspace, look, planned.step(stage), reason)


def test_the_present_code_is_recorded_with_the_reason(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2 - 1")
    assert try_accept(bench, "total").accepted == "only a faster way to the same"
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    assert "only a faster way" in (bench.root / ".pivot/stages/total.lock").read_text()


def test_reasons_stay_until_the_stage_runs(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2 - 1")
    try_accept(bench, "total")
    bench.edit("helpers.py", "return 2 - 1", "return 3 - 2")
    assert try_accept(bench, "total", "and again").accepted == "only a faster way to the same; and again"


def test_the_next_run_forgets_it(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2 - 1")
    try_accept(bench, "total")
    bench.repro(force=True)
    assert "accepted" not in (bench.root / ".pivot/stages/total.lock").read_text()


def test_only_code_may_have_changed(bench) -> None:
    with pytest.raises(UsageError, match="never run"):
        try_accept(bench, "total")
    bench.repro()
    with pytest.raises(UsageError, match="up to date"):
        try_accept(bench, "total")
    bench.edit("helpers.py", "return 1", "return 2")
    bench.write(params__yaml="total:\n  factor: 3\n")
    with pytest.raises(UsageError, match="more than its code"):
        try_accept(bench, "total")
