"""Status and report together decide, and every ending has its words."""

import os
import signal

import pytest

from pivot.execute import wire
from pivot.execute.executor import Failure, WorkOrder
from pivot.execute.verdict import OWN_ERROR, ended, failed, result
from pivot.execute.wire import Ending, Report, pack, write_report
from pivot_fingerprint import Observed

ORDER = WorkOrder("train", "/p", "/p/pipeline.py", (), (), None, "/p/log", timeout=2.5)
SEEN = Observed(reads=("/p/x",))
GOOD = Report(None, 1.5, SEEN, (("/p/late.py", "b"),))
BAD = Report(Failure("raised", "ValueError: no"), 0.5)


def sent(report: Report) -> bytes:
    reader, writer = os.pipe()
    write_report(writer, report)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        return file.read()


def judge(status: int, rest: bytes, why: bytes = wire.ITSELF) -> object:
    return result(ORDER, Ending(status, why, 9.0).pack(rest), (("/p/pipeline.py", "a"),))


def test_a_whole_report_of_a_process_that_ended_well_is_a_success() -> None:
    told = result(ORDER, Ending(0, wire.ITSELF, 9.0).pack(sent(GOOD)), (("/p/pipeline.py", "a"),))
    assert told == ("train", None, 1.5, SEEN, (("/p/pipeline.py", "a"), ("/p/late.py", "b")))


def test_a_stage_that_was_faster_than_its_cancellation_succeeded() -> None:
    assert result(ORDER, Ending(0, wire.CANCELLED, 9.0).pack(sent(GOOD)), ()).failure is None


@pytest.mark.parametrize("why", [wire.ITSELF, wire.CANCELLED])
@pytest.mark.parametrize(("status", "rest"), [(9, sent(GOOD)), (0, sent(GOOD)[:-1]), (0, b""), (256, sent(GOOD))])
def test_half_a_success_is_none(status: int, rest: bytes, why: bytes) -> None:
    failure = result(ORDER, Ending(status, why, 9.0).pack(rest), ()).failure
    assert failure is not None and failure.kind == ("died" if why == wire.ITSELF else "cancelled")


def failure(status: int, rest: bytes = b"", why: bytes = wire.ITSELF) -> Failure:
    found = result(ORDER, Ending(status, why, 9.0).pack(rest), ()).failure
    assert found is not None
    return found


def test_what_the_stage_says_of_its_own_failure_stands() -> None:
    assert failure(0, sent(BAD)) == BAD.failure


def test_what_the_host_did_to_it_comes_before_what_it_says() -> None:
    assert failure(0, sent(BAD), wire.CANCELLED).kind == "cancelled"
    assert failure(15, b"", wire.TIMED_OUT).problem == "it was ended because it took longer than its timeout of 2.5 s"


def test_an_order_that_could_not_begin_says_why() -> None:
    assert failure(0, pack("no process could be started"), wire.NOT_STARTED) == (
        "died",
        "no process could be started",
        *BAD.failure[2:],
    )


def test_an_error_of_pivots_own_is_not_blamed_on_the_stage() -> None:
    assert failure(OWN_ERROR << 8).problem == "Pivot failed in the stage's process, not the stage; its log says how"


def test_a_crash_points_to_the_log() -> None:
    assert "log" in str(failure(signal.SIGSEGV).hint)
    assert failure(signal.SIGTERM).hint is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with status 0"),
        (3 << 8, "ended with status 3"),
        (signal.SIGTERM, "was killed by signal 15 (SIGTERM)"),
        (signal.SIGKILL, "was killed by signal 9 (SIGKILL), perhaps out of memory"),
        (signal.SIGSEGV | 0x80, "was killed by signal 11 (SIGSEGV)"),
        (50, "was killed by signal 50"),
    ],
)
def test_the_words_for_each_status(status: int, words: str) -> None:
    assert ended(status) == words


def test_a_failed_result_observed_nothing() -> None:
    assert failed("train", Failure("died", "x")) == ("train", Failure("died", "x"), 0.0, Observed(), ())
