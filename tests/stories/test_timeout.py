"""A stage that takes too long."""

from typing import Any


def test_a_stage_that_hangs_is_ended_and_its_limit_is_no_reason_to_run(two_stages: Any) -> None:
    two_stages.edit("totals.py", "return sum", "import time; time.sleep(600)\n    return sum")
    two_stages.edit("pipeline.py", "pipeline.register(summarize)", "pipeline.register(summarize, timeout=0.5)")
    outcome = two_stages.run("repro", code=1)
    assert "it was ended because it took longer than its timeout of 0.5 s" in outcome.stderr
    two_stages.edit("totals.py", "import time; time.sleep(600)\n    return sum", "return sum")
    two_stages.run("repro")
    two_stages.ran()
    two_stages.edit("pipeline.py", "timeout=0.5", "timeout=3600")
    two_stages.run("repro")
    assert two_stages.ran() == []


def test_a_limit_that_is_none_is_refused_where_it_stands(two_stages: Any) -> None:
    two_stages.edit("pipeline.py", "pipeline.register(summarize)", "pipeline.register(summarize, timeout=-1)")
    outcome = two_stages.run("repro", code=3)
    assert "timeout must be a number of seconds, not -1" in outcome.stderr and "pipeline.py:" in outcome.stderr
