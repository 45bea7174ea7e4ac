"""Runs that were made elsewhere: taken over where they are of exactly this state."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pivot.absence import Afar, bring
from pivot.known_runs import records_of
from pivot.options import Options
from pivot.records import find_records
from pivot.wanted import find_wanted
from pivot_cache import LocalStore, ObjectId


class Index:
    """The records of runs, as they are kept elsewhere; ``asked`` counts the questions."""

    def __init__(self, records: Iterable[tuple[ObjectId, bytes]]) -> None:
        self.records = {key: (b"garbage", data) for key, data in records}
        self.asked: list[set[str]] = []

    def find(self, keys: Iterable[ObjectId]) -> Mapping[ObjectId, tuple[bytes, ...]]:
        self.asked.append(set(keys))
        return {key: self.records[key] for key in self.asked[-1] & self.records.keys()}


@pytest.fixture
def index(bench: Any) -> Index:
    """The bench after a run, as somebody has it who knows of no run: no records, no outputs, no cache."""
    bench.repro()
    bench.ran.clear()
    contents = {one.content for one in find_wanted(find_records(bench.root), ())}
    index = Index(records_of(LocalStore(bench.root / ".pivot/cache").runs, contents))
    for name in ("clean.json", "total.json"):
        (bench.root / name).unlink()
    shutil.rmtree(bench.root / ".pivot/cache/runs")
    shutil.rmtree(bench.root / ".pivot/stages")
    return index


def brought(bench: Any, index: Index, told: list[str] | None = None, **options: Any) -> Options:
    with bench.open() as workspace:
        tell = [] if told is None else told
        return bring(workspace, Options(**options), Afar(lambda _: None, index.find, tell.extend))


def test_only_runs_of_what_is_sent_are_sent(bench: Any, index: Index) -> None:
    assert len(index.records) == 2
    assert list(records_of(LocalStore(bench.root / ".pivot/cache").runs, ())) == []


def test_a_chain_of_runs_is_taken_over(bench: Any, index: Index) -> None:
    told: list[str] = []
    options = brought(bench, index, told)
    assert told == ["clean", "total"]
    assert len(index.asked) == 2  # the second could only be asked for when the result of the first was known
    bench.repro(presumed=options.presumed)
    assert bench.ran == [] and not (bench.root / "clean.json").exists()
    assert "/clean.json" in (bench.root / ".gitignore").read_text()


def test_another_state_is_not_known(bench: Any, index: Index) -> None:
    bench.edit("helpers.py", "return 1", "return 2")
    options = brought(bench, index)
    bench.repro(presumed=options.presumed)
    assert bench.ran == ["total"]


def test_what_is_forced_is_not_asked_for(bench: Any, index: Index) -> None:
    brought(bench, index, force=True)
    assert index.asked == []


def test_a_record_of_another_stage_under_the_key_is_ignored(bench: Any, index: Index) -> None:
    one, other = index.records
    index.records = {one: index.records[other], other: index.records[one]}
    options = brought(bench, index)
    bench.repro(presumed=options.presumed)
    assert bench.ran == ["clean", "total"]


def test_where_something_is_in_the_way_it_is_restored(bench: Any, index: Index) -> None:
    (bench.root / "clean.json").write_text("mine")
    options = brought(bench, index)
    assert not Path(bench.root, ".pivot/stages/clean.lock").exists()
    summary = bench.repro(presumed=options.presumed)
    assert summary.actions == {"clean": "restore", "total": "skip"} and bench.ran == []


def test_nothing_is_recorded_where_nothing_shall_be(bench: Any, index: Index) -> None:
    brought(bench, index, no_commit=True)
    assert not list((bench.root / ".pivot").glob("stages/*"))
