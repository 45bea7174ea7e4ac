"""Which stages an edit affects, told from two plans of a real project."""

from typing import Any

import pytest

from pivot.forecast import plan
from pivot.options import Options
from pivot.plan import Plan
from pivot.watch.edits import affected, has_news


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


def test_what_a_run_left_undone_is_no_news_until_something_changes(bench: Any) -> None:
    before = look(bench)
    assert not has_news(before, {"clean", "total"}, look(bench))
    assert has_news(before, {"clean"}, look(bench))
    bench.edit("helpers.py", "return 1", "return 2")
    assert has_news(before, {"clean", "total"}, look(bench))


def test_an_output_of_another_stage_that_is_gone_is_news(bench: Any) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    before = look(bench)
    assert not has_news(before, {"total"}, look(bench))
    (bench.root / "clean.json").unlink()
    assert has_news(before, {"total"}, look(bench))
