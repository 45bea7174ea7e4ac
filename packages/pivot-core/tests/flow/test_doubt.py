"""What is left of a remembered answer: nothing if it is damaged or of another state, else who is concerned."""

import sqlite3
import time
from contextlib import closing

import pytest

from pivot.doubt import users_key
from pivot.standing import SPACE, key
from pivot_cache import Scan


@pytest.fixture
def settled(bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + 10**10)
    bench.repro()
    return bench


def in_doubt(bench) -> frozenset[str] | None:
    with bench.open() as workspace:
        doubt = workspace.doubt()
    return None if doubt is None else doubt.stages


def test_who_rests_on_what_changed_is_in_doubt(settled) -> None:
    assert in_doubt(settled) == frozenset()
    (settled.root / "total.json").unlink()
    assert in_doubt(settled) == {"total"}
    settled.write(raw__json="[1]")
    assert in_doubt(settled) == {"clean", "total"}


def test_code_is_no_business_of_it(settled) -> None:
    settled.edit("helpers.py", "return raw", "return 7")
    assert in_doubt(settled) == frozenset()


def test_nothing_is_known_without_both_halves_of_what_was_remembered(settled) -> None:
    with settled.open() as workspace:
        answer, users = key(workspace.project), users_key(workspace.project)
    for name, value in ((users, b"[]"), (users, b"{"), (answer, b"[]")):
        with settled.open() as workspace:
            before = workspace.state.get(SPACE, name)
            workspace.state.put(SPACE, name, value)
        assert in_doubt(settled) is None
        with settled.open() as workspace:
            workspace.state.put(SPACE, name, before)
        assert in_doubt(settled) == frozenset()


def test_an_answer_about_code_that_is_not_the_one_of_then_proves_nothing(settled) -> None:
    with closing(sqlite3.connect(settled.root / ".pivot/state.db")) as database, database:
        database.execute("delete from fact where space = 'fingerprint' and cast(key as text) like 'answer%'")
    assert in_doubt(settled) is None


def test_a_result_that_waits_to_be_committed_concerns_every_stage(settled) -> None:
    (settled.root / ".pivot/pending").mkdir()
    (settled.root / ".pivot/pending/clean.json").touch()
    assert in_doubt(settled) is None


def test_stamps_that_turned_out_to_lie_prove_nothing(settled) -> None:
    with settled.open() as workspace:
        Scan(workspace.state).distrust(settled.root / "clean.json")
    assert in_doubt(settled) is None


def test_what_the_remembered_answer_was_held_against_is_not_looked_at_again(settled, monkeypatch) -> None:
    settled.write(raw__json="[1]")
    with settled.open() as workspace:
        assert workspace.standing() is None
        monkeypatch.setattr("pivot.doubt.stamp", lambda status: pytest.fail("looked at again"))
        doubt = workspace.doubt()
    assert doubt is not None and doubt.stages == {"clean"}
