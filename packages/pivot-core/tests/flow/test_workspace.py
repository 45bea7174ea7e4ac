"""An opened project."""

import pytest

from pivot.errors import ConfigError
from pivot.record import Damaged


def test_the_manifest_stands_until_something_it_was_made_from_changes(bench) -> None:
    with bench.open() as workspace:
        assert workspace.created
        first = workspace.manifest()
    with bench.open() as workspace:
        assert not workspace.created and workspace.manifest() == first
        bench.edit("pipeline.py", 'Pipeline("p")', 'Pipeline("q")')
    with bench.open() as workspace:
        assert workspace.manifest().name == "q"


def test_garbage_in_the_state_database_costs_time_only(bench) -> None:
    bench.repro()
    for path in (bench.root / ".pivot").glob("state.db*"):
        path.write_bytes(b"garbage" * 1000)
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}


def test_a_damaged_lock_counts_as_absent(bench) -> None:
    bench.repro()
    bench.write(**{".pivot/stages/clean__lock": "<<<<<<< HEAD"})
    with bench.open() as workspace:
        assert isinstance(workspace.lock(workspace.manifest().stage("clean")), Damaged)
    assert bench.repro().actions == {"clean": "restore", "total": "skip"}


def test_settings_that_are_wrong_stop(bench) -> None:
    bench.repro()
    bench.write(**{".pivot/config__toml": "[core]\njobs = 0\n"})
    with pytest.raises(ConfigError):
        bench.open()
