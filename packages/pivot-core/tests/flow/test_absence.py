"""What is not there and described by records: believed where nothing needs it, got where something does."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pivot.absence import Afar, bring, presume
from pivot.forecast import plan
from pivot.options import Options
from pivot.records import find_records
from pivot.wanted import Wanted


class Far:
    """A copy of the cache, somewhere else; ``asked`` are the paths that were fetched from it."""

    def __init__(self, cache: Path, place: Path) -> None:
        self.cache, self.place = cache, place
        self.asked: list[str] = []
        shutil.copytree(cache, place)
        shutil.rmtree(cache)

    @property
    def afar(self) -> Afar:
        return Afar(self.fetch, lambda _: {}, lambda _: None)

    def fetch(self, wanted: Sequence[Wanted]) -> None:
        self.asked += [one.path for one in wanted]
        for one in wanted:
            name = Path("objects", one.content.digest[:2], one.content.digest[2:])
            if (self.place / name).exists():
                (self.cache / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.place / name, self.cache / name)


@pytest.fixture
def far(bench: Any, tmp_path: Path) -> Far:
    """The bench after a run, as a fresh clone has it: records, and neither outputs nor cache."""
    bench.repro()
    bench.ran.clear()
    for name in ("clean.json", "total.json"):
        (bench.root / name).unlink()
    return Far(bench.root / ".pivot/cache", tmp_path / "far")


def actions(bench: Any, options: Options) -> dict[str, str]:
    with bench.open() as workspace:
        _, planned = plan(workspace, options)
        return {step.stage.name: step.decision.action for step in planned.steps}


def test_records_that_are_believed_need_no_data(bench: Any, far: Far) -> None:
    assert actions(bench, Options()) == {"clean": "run", "total": "run"}
    believed = Options(presumed=presume(find_records(bench.root)))
    assert actions(bench, believed) == {"clean": "skip", "total": "skip"}
    assert bench.repro(presumed=believed.presumed).actions == {"clean": "skip", "total": "skip"}
    assert bench.ran == [] and not (bench.root / "clean.json").exists()


def test_only_results_are_brought_where_nothing_runs(bench: Any, far: Far) -> None:
    with bench.open() as workspace:
        options = bring(workspace, Options(), far.afar)
    assert far.asked == ["total.json"] and (bench.root / "total.json").exists()
    bench.repro(presumed=options.presumed)
    assert bench.ran == [] and not (bench.root / "clean.json").exists()


def test_what_a_stage_that_runs_reads_is_brought(bench: Any, far: Far) -> None:
    bench.edit("helpers.py", "return 1", "return 2")
    with bench.open() as workspace:
        options = bring(workspace, Options(), far.afar)
    assert far.asked == ["clean.json"]
    bench.repro(presumed=options.presumed)
    assert bench.ran == ["total"]


def test_what_is_not_to_be_had_is_made_again(bench: Any, far: Far) -> None:
    shutil.rmtree(far.place)
    with bench.open() as workspace:
        options = bring(workspace, Options(), far.afar)
    assert far.asked == ["total.json", "clean.json"]
    bench.repro(presumed=options.presumed)
    assert bench.ran == ["clean", "total"]


def test_an_edited_output_is_not_taken_for_a_missing_one(bench: Any, far: Far) -> None:
    (bench.root / "total.json").write_text("mine")
    assert actions(bench, Options(presumed=presume(find_records(bench.root))))["total"] == "run"
