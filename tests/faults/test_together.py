"""Several runs of one project at once: each stage is run once, by whoever comes first."""

import threading
from pathlib import Path

import pytest

from faults.twenty import STAGES, Result, Twenty, check_cache, check_free, check_gone, check_same, make

RUNS = 4


def run_together(project: Twenty, *words: str) -> list[str]:
    """Start several runs at the same time, see that each ends well, and return what they said."""
    begin = threading.Barrier(RUNS)
    said: list[str] = []

    def run() -> None:
        begin.wait()
        said.append(project.run("repro", *words, code=None, timeout=55).text)

    threads = [threading.Thread(target=run) for _ in range(RUNS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == RUNS
    return said


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.sweep)])
def test_no_execution_is_lost_or_done_twice(tmp_path: Path, rounds: int) -> None:
    """Beside it a project in which each round is run by one alone: both do the same and come to the same."""
    together, alone = make(tmp_path / "together"), make(tmp_path / "alone")
    for turn in range(rounds):
        for project in (together, alone):
            if turn % 5 == 4:  # an edit taken back: what is restored is not run by anybody
                project.write({"sums.py": f"def add(values):\n    return sum(values) + {turn - 1}\n"})
            elif turn:
                project.write({"sums.py": f"def add(values):\n    return sum(values) + {turn}\n"})
        said = run_together(together)
        outcome = alone.run("repro")
        assert all("Done: " in text or "up to date" in text for text in said), said
        assert sorted(together.ran()) == sorted(alone.ran()), f"round {turn}: {said}"
        check_same(Result.of(together), Result.of(alone), outcome)
        check_cache(together)
    check_gone(together)
    check_free(together)
    assert len(list((together.path / ".pivot/stages").iterdir())) == STAGES
    left = list((together.path / ".pivot/cache/tmp").iterdir())
    assert not left
