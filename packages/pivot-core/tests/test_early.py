"""A process for stages that starts before it is known whether any stage runs."""

from typing import Any, cast

from pivot.early import Early
from pivot.options import Options

MANIFEST = cast("Any", "the manifest")


class Executor:
    """Notes what is asked of it."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.asked: list[str] = []

    def boot(self) -> None:
        self.asked.append("boot")

    def close(self) -> None:
        self.asked.append("close")


def early(made: list[Executor]) -> Early:
    def make(manifest: Any, jobs: int) -> Any:
        assert manifest is MANIFEST
        made.append(Executor(jobs))
        return made[-1]

    return Early(cast("Any", None), Options(jobs=3), make)


def test_what_was_booted_is_what_is_taken_and_its_taker_closes_it() -> None:
    made: list[Executor] = []
    with early(made) as it:
        it.boot(MANIFEST)
        taken = it.take(MANIFEST, 3)
    assert [taken] == made
    assert (made[0].asked, made[0].jobs) == (["boot"], 3)


def test_what_nobody_takes_is_closed() -> None:
    made: list[Executor] = []
    with early(made) as it:
        it.boot(MANIFEST)
    assert made[0].asked == ["boot", "close"]


def test_without_an_early_one_a_new_one_is_taken() -> None:
    made: list[Executor] = []
    with early(made) as it:
        assert not made
        assert it.take(MANIFEST, 2) is made[0]
    assert made[0].asked == []
