"""A process for stages that starts before it is known whether any stage runs."""

from collections.abc import Sequence
from typing import Any, cast

from pivot.early import Early


class Executor:
    """Notes what is asked of it."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.asked: list[object] = []

    def boot(self, sources: Sequence[str] = ()) -> None:
        self.asked.append(("boot", *sources))

    def close(self) -> None:
        self.asked.append("close")


def early(made: list[Executor]) -> Early:
    def make(jobs: int) -> Any:
        made.append(Executor(jobs))
        return made[-1]

    return Early(make, 3)


def test_what_was_booted_is_what_is_taken_and_its_taker_closes_it() -> None:
    made: list[Executor] = []
    with early(made) as it:
        booted = it.boot()
        assert it.boot(["pipeline.py"]) is booted
        taken = it.take(3)
    assert [taken] == made
    assert (made[0].asked, made[0].jobs) == ([("boot",), ("boot", "pipeline.py")], 3)


def test_what_nobody_takes_is_closed() -> None:
    made: list[Executor] = []
    with early(made) as it:
        it.boot()
    assert made[0].asked == [("boot",), "close"]


def test_without_an_early_one_a_new_one_is_taken() -> None:
    made: list[Executor] = []
    with early(made) as it:
        assert not made
        assert cast("Any", it.take(2)) is made[0]
    assert (made[0].asked, made[0].jobs) == ([], 2)


def test_one_may_be_made_of_another() -> None:
    made: list[Executor] = []
    with early(made) as outer:
        outer.boot()
        with Early(outer.take, 3) as inner:
            inner.boot()
    assert len(made) == 1 and made[0].asked == [("boot",), ("boot",), "close"]
