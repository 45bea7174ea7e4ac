"""Stages that read tracked data: it is given back where it is missing, and taken as it is where it differs."""

import os
from pathlib import Path

import pytest

from pivot.errors import DeclarationError, MissingInput
from pivot.events import Notice
from pivot.forecast import plan
from pivot.options import Options as PlanOptions
from pivot.track import Options, track


def keep(bench, *paths: str) -> None:
    with bench.open() as workspace:
        list(track(workspace, Options(paths)))


def notices(bench) -> list[str]:
    return [event.text for event in bench.events if isinstance(event, Notice)]


def test_missing_data_is_given_back_to_the_stage_that_reads_it(bench) -> None:
    keep(bench, "raw.json")
    (bench.root / "raw.json").unlink()
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    assert (bench.root / "raw.json").read_text() == "{}"
    assert notices(bench) == ["raw.json was missing and is given back from the cache"]
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}


def test_missing_data_that_no_stage_needs_now_stays_away(bench) -> None:
    keep(bench, "raw.json")
    bench.repro()
    (bench.root / "raw.json").unlink()
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    (bench.root / "clean.json").unlink()
    assert bench.repro().actions == {"clean": "restore", "total": "skip"}
    assert not (bench.root / "raw.json").exists()


def test_data_as_another_branch_has_it(bench) -> None:
    keep(bench, "raw.json")
    bench.repro()
    first = (bench.root / "raw.json.pvt").read_bytes()
    bench.write(raw__json="[]")
    keep(bench, "raw.json")
    bench.writes = lambda order: "of the other"
    bench.repro()
    (bench.root / "raw.json.pvt").write_bytes(first)
    (bench.root / "raw.json").unlink()
    assert bench.repro().actions == {"clean": "restore", "total": "restore"}


def test_an_older_version_is_not_advised_to_be_tracked(bench) -> None:
    keep(bench, "raw.json")
    first = (bench.root / "raw.json").read_text()
    bench.write(raw__json="[]")
    keep(bench, "raw.json")
    bench.write(raw__json=first)
    bench.repro()
    assert notices(bench) == [
        "raw.json is not as it was tracked, and is read as it is: pivot checkout raw.json gives what is tracked now"
    ]


def test_a_record_that_cannot_be_read_is_said_and_stops_nothing(bench) -> None:
    os.mkfifo(bench.root / "raw.json.pvt")
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    (notice,) = notices(bench)
    assert notice.endswith("raw.json.pvt is no file, so it counts for nothing: pivot track -f raw.json replaces it")
    with bench.open() as workspace:
        _, planned = plan(workspace, PlanOptions(), narrow=True)
    assert {step.decision.action for step in planned.steps} == {"skip"}


def test_data_that_differs_is_read_as_it_is_and_said(bench) -> None:
    keep(bench, "raw.json")
    bench.write(raw__json="[]")
    bench.repro()
    assert notices(bench) == [
        "raw.json is not as it was tracked, and is read as it is: pivot track raw.json records it"
    ]
    assert (bench.root / "raw.json").read_text() == "[]"
    keep(bench, "raw.json")
    bench.repro(force=True)
    assert notices(bench) == []


def test_data_that_is_nowhere_ends_the_run_before_it_begins(bench) -> None:
    keep(bench, "raw.json")
    (bench.root / "raw.json").unlink()
    with bench.open() as workspace:
        for oid in list(workspace.store.ids()):
            os.unlink(workspace.store.path(oid))
    with pytest.raises(MissingInput, match=r"raw.json is tracked, but neither here nor in the cache"):
        bench.repro()
    assert bench.ran == []
    (bench.root / "raw.json.pvt").write_text("<<<<<<<")
    with pytest.raises(MissingInput, match=r"raw.json does not exist"):
        bench.repro()


def directory(bench, path: str) -> Path:
    """Let the first stage read a path inside of a directory."""
    bench.edit("pipeline.py", "pipeline.register(clean)", f'pipeline.register(clean, deps={{"raw": "{path}"}})')
    (bench.root / "in/deep").mkdir(parents=True)
    file = bench.root / "in/deep/a b.json"
    file.write_text("{}")
    return file


@pytest.mark.parametrize("dep", ["in/deep/a b.json", "in/deep", "in/"])
def test_inside_a_tracked_directory(bench, dep: str) -> None:
    file = directory(bench, dep)
    keep(bench, "in")
    file.unlink()
    os.removedirs(file.parent)
    bench.repro()
    assert bench.ran == ["clean", "total"] and file.read_text() == "{}"
    file.write_text("[]")
    bench.repro()
    assert notices(bench) == ["in is not as it was tracked, and is read as it is: pivot track in records it"]


def test_a_directory_that_is_not_whole_is_not_read(bench) -> None:
    file = directory(bench, "in/")
    keep(bench, "in/deep/a b.json")
    bench.repro()
    file.unlink()
    with pytest.raises(MissingInput, match=r"in/deep/a b.json is tracked and missing") as caught:
        bench.repro()
    assert caught.value.hint == "give it back with: pivot checkout in"


def test_an_output_cannot_be_tracked_as_well(bench) -> None:
    (bench.root / "clean.json.pvt").write_text("{}")
    with pytest.raises(DeclarationError, match=r"clean.json is an output, and tracked as well"):
        bench.repro()
