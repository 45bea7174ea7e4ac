"""Runs that are disturbed again and again, with times that are only numbers."""

from math import isclose

from pivot.watch.echoes import ECHO, PAUSES, Echoes

FILE, OTHER = frozenset({"/p/raw.json"}), frozenset({"/p/other.json"})


def disturbed(echoes: Echoes, changed: frozenset[str], times: int, now: float = 100.0) -> list[float | None]:
    """Return when the next run was due after each of some disturbed ones, whose change is heard of at once."""
    pauses = []
    for _ in range(times):
        pauses.append(echoes.ended(now, disturbed=True))
        echoes.is_one(changed, now)
    return pauses


def test_a_stage_that_changes_what_it_reads_is_given_up() -> None:
    echoes = Echoes()
    assert not echoes.is_one(FILE, 100.0)
    assert disturbed(echoes, FILE, len(PAUSES)) == list(PAUSES) and not echoes.given_up
    assert echoes.is_one(FILE, 100.0) and echoes.is_one(frozenset(), 100.0)
    assert disturbed(echoes, FILE, 2) == [None, None] and echoes.given_up


def test_an_edit_of_something_else_or_after_a_while_is_none() -> None:
    for changed, now in ((OTHER, 100.0), (FILE | OTHER, 100.0), (FILE, 100.1 + ECHO)):
        echoes = Echoes()
        echoes.is_one(FILE, 100.0)
        disturbed(echoes, FILE, 9)
        assert echoes.is_one(FILE, 100.0)
        assert not echoes.is_one(changed, now) and not echoes.given_up
        assert echoes.ended(now, disturbed=True) == PAUSES[0]


def test_files_that_change_by_turns_are_known_in_the_end() -> None:
    echoes = Echoes()
    for turn in range(9):
        echoes.ended(100.0, disturbed=True)
        echoes.is_one((FILE, OTHER)[turn % 2], 100.0)
    assert echoes.given_up


def test_a_run_that_nothing_disturbs_ends_it() -> None:
    echoes = Echoes()
    disturbed(echoes, FILE, 3)
    assert echoes.ended(100.0, disturbed=False) is None
    assert not echoes.is_one(FILE, 100.0)
    pause = echoes.ended(100.0, disturbed=True)
    assert pause is not None and isclose(pause, PAUSES[0])
