"""Which stages an edit affects, told from two plans of a real project."""

from typing import Any

import pytest

from pivot.options import Options
from pivot.plan import Plan
from pivot.repro import plan
from pivot.watch.edits import affected


def look(bench: Any) -> Plan:
    with bench.open() as workspace:
        return plan(workspace, Options())[1]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("helpers.py", "return raw", "return raw  # as it is", set()),
        ("helpers.py", "return raw", "return dict(raw)", {"clean", "total"}),
        ("helpers.py", "return 1", "return 2", {"total"}),
        ("pipeline.py", "factor: int = 2", "factor: int = 3", {"total"}),
        ("pipeline.py", '"total.json"', '"sum.json"', {"total"}),
        ("pipeline.py", "pipeline.register(total)", "", {"total"}),
        ("pipeline.py", "pipeline.register(total)", "pipeline.register(total)\npipeline.register(len, name='n')", None),
        ("raw.json", "{}", "[]", {"clean", "total"}),
    ],
)
def test_what_an_edit_affects(bench: Any, file: str, old: str, new: str, expected: set[str] | None) -> None:
    if expected is None:
        new, expected = new.replace("register(len, name='n')", "register(clean, name='n', outs='n.json')"), {"n"}
    before = look(bench)
    bench.edit(file, old, new)
    assert affected(before, look(bench), ["clean", "total"]) == expected


def test_what_the_run_makes_itself_is_no_edit(bench: Any) -> None:
    before = look(bench)
    bench.repro()
    assert affected(before, look(bench), []) == set()


def test_an_undeclared_read_of_a_running_stage_counts(bench: Any) -> None:
    from pivot_fingerprint import Observed

    bench.write(extra__txt="1")
    bench.observed["total"] = Observed(reads=(str(bench.root / "extra.txt"),))
    bench.repro()
    before = look(bench)
    bench.write(extra__txt="2")
    assert affected(before, look(bench), ["total"]) == {"total"}
    assert affected(before, look(bench), []) == set()
