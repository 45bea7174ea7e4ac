from threading import Barrier, Event

import pytest

from pivot_remote.crew import Crew, Stopped


@pytest.mark.parametrize("jobs", [1, 3, 50])
def test_everything_is_done_once(jobs: int) -> None:
    done: list[int] = []
    Crew(jobs).work(range(20), done.append)
    assert sorted(done) == list(range(20))


def test_no_work_is_no_trouble() -> None:
    Crew(2).work([], pytest.fail)


def test_the_jobs_work_at_once() -> None:
    together = Barrier(3)
    Crew(3).work(range(3), lambda _: together.wait(50))  # breaks unless three come


def test_no_crew_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one job"):
        Crew(0)


def test_the_first_failure_ends_the_rest() -> None:
    crew = Crew(1)
    done: list[int] = []

    def do(number: int) -> None:
        if number == 2:
            raise KeyError(number)
        done.append(number)

    with pytest.raises(KeyError):
        crew.work(range(100), do)
    assert done == [0, 1]
    with pytest.raises(Stopped):
        crew.check()


def test_those_who_gave_up_do_not_hide_why() -> None:
    crew = Crew(2)
    failing = Event()

    def do(number: int) -> None:
        if number == 1:
            failing.set()
            raise KeyError(number)
        failing.wait(50)
        while True:
            crew.check()

    with pytest.raises(KeyError):
        crew.work(range(2), do)
