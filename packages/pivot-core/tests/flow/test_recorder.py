"""What waits to be recorded, and how long; that it is recorded together is told in ``test_repro``."""

import pytest

from pivot import recorder
from pivot.execute.executor import Result
from pivot.recorder import BATCH, Ended, Recorder
from pivot_fingerprint import Observed


@pytest.fixture
def waiting(bench, monkeypatch: pytest.MonkeyPatch):
    """A recorder, a stage that ended, and a clock to set."""
    now = [100.0]
    monkeypatch.setattr(recorder, "perf_counter", lambda: now[0])
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        stage = look.manifest.stage("clean")
        ended = Ended(look.observe(stage, None), Result("clean", None, 0.1, Observed(), ()))
        yield Recorder(workspace, look, pending=False), ended, now


def test_the_first_one_says_how_long_it_waits(waiting) -> None:
    records, ended, now = waiting
    assert not records.waiting
    records.add(ended)
    assert records.waiting and not records.due
    now[0] += recorder.LONGEST / 2
    records.add(ended)
    now[0] += recorder.LONGEST / 2
    assert records.due


def test_a_full_batch_does_not_wait(waiting) -> None:
    records, ended, _ = waiting
    for _ in range(BATCH - 1):
        records.add(ended)
    assert not records.due
    records.add(ended)
    assert records.due


def test_what_was_not_made_is_a_failure(waiting) -> None:
    records, ended, _ = waiting
    records.add(ended)
    (found,) = records.record()
    assert found[0] is ended and found[1].kind == "storage"
    assert not records.waiting and list(records.record()) == []
