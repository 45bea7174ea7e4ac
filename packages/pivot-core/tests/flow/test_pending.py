"""Results that are not committed: what they leave behind, and what they do not."""

from pivot.events import Notice
from pivot.lock import Lock


def objects(bench) -> list[str]:
    return [path.name for path in (bench.root / ".pivot/cache").rglob("*") if path.parent.parent.name == "objects"]


def pending(bench, stage: str) -> Lock | None:
    with bench.open() as workspace:
        return workspace.pending.read(workspace.manifest().stage(stage))


def test_nothing_is_recorded_but_what_it_was_made_from(bench) -> None:
    bench.repro(no_commit=True)
    assert bench.ran == ["clean", "total"]
    assert not (bench.root / ".pivot/stages").exists() and objects(bench) == []
    found = pending(bench, "total")
    assert found is not None and set(found.outputs) == {"total.json"} and "func:helpers:add" in found.parts
    assert "/clean.json" in (bench.root / ".gitignore").read_text()
    assert any(isinstance(event, Notice) and "pivot commit" in event.text for event in bench.events)


def test_the_next_run_without_commit_goes_on_from_it(bench) -> None:
    bench.repro(no_commit=True)
    bench.repro(no_commit=True)
    assert bench.ran == []
    bench.edit("helpers.py", "return 1", "return 2")
    bench.repro(no_commit=True)
    assert bench.ran == ["total"]
    assert objects(bench) == []  # what it replaced was not kept


def test_a_run_that_commits_starts_from_the_record_and_keeps_what_it_replaces(bench) -> None:
    bench.repro(no_commit=True)
    bench.writes = lambda order: f"made anew by {order.stage}"
    bench.repro()
    assert bench.ran == ["clean", "total"]
    assert pending(bench, "clean") is None and pending(bench, "total") is None
    with bench.open() as workspace:
        kept = {workspace.store.read(name) for name in workspace.store.ids()}
    assert {b"made by clean", b"made anew by clean"} <= kept


def test_what_the_cache_has_is_given_back_without_a_record(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    bench.writes = lambda order: "another"
    bench.repro()
    bench.edit("helpers.py", "return 2", "return 1")
    summary = bench.repro(no_commit=True)
    assert summary.actions == {"clean": "skip", "total": "restore"}
    assert pending(bench, "total") is not None
    assert (bench.root / "total.json").read_text() == "made by total"
    assert bench.repro().actions == {"clean": "skip", "total": "restore"}  # the record is still that of the edit
    assert pending(bench, "total") is None


def test_a_file_of_the_users_is_kept_even_so(bench) -> None:
    bench.write(clean__json="mine")
    bench.repro(no_commit=True)
    with bench.open() as workspace:
        assert {workspace.store.read(name) for name in workspace.store.ids()} == {b"mine"}
