"""How a stage ended, in words: from the status of its process and the report that it sent, or did not send.

Used by ``local`` for every result. A stage succeeded only if its report is complete and its process ended with status
0.
"""

import os
import signal

from pivot.execute import wire
from pivot.execute.executor import Failure, Result, WorkOrder
from pivot.execute.wire import Ending, Report, read_report, unpack
from pivot_fingerprint import Observed

OWN_ERROR = 70  # exit status after an error of Pivot's own
LOST_PIPE = 71  # exit status of a process that cannot report any more
CANCELLED = Failure("cancelled", "it was stopped before it had ended")

_ADVICE = {
    signal.SIGKILL: ", perhaps out of memory",
    signal.SIGXCPU: ", its limit of processor time",
    signal.SIGXFSZ: ", its limit of file size",
}
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT})


def result(order: WorkOrder, payload: bytes, sources: tuple[tuple[str, str], ...]) -> Result:
    """Return the result that the payload of an ``ENDED`` frame says; ``sources`` are those that the host compiled."""
    ending, rest = Ending.unpack(payload)
    if ending.why == wire.NOT_STARTED:
        return failed(order.stage, Failure("died", unpack(rest)))
    report = read_report(rest)
    if report is not None and ending.status == 0 and report.failure is None:
        return Result(order.stage, None, report.seconds, report.observed, sources + report.sources)
    return failed(order.stage, _failure(order, ending, report), ending.seconds)


def failed(stage: str, failure: Failure, seconds: float = 0.0) -> Result:
    """Return the result of a stage that did not succeed."""
    return Result(stage, failure, seconds, Observed())


def ended(status: int) -> str:
    """Return how a process ended, from what ``waitpid`` said of it."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended with status {code}"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"was killed by signal {-code}"
    return f"was killed by signal {-code} ({number.name}){_ADVICE.get(number, '')}"


def _failure(order: WorkOrder, ending: Ending, report: Report | None) -> Failure:
    if ending.why == wire.CANCELLED:
        return CANCELLED
    if ending.why == wire.TIMED_OUT:
        problem = f"it was ended because it took longer than its timeout of {order.timeout:g} s"
        return Failure("died", problem, hint="its log says how far it came; register(..., timeout=) sets the limit")
    if report is not None and report.failure is not None:
        return report.failure
    code = os.waitstatus_to_exitcode(ending.status)
    if code == OWN_ERROR:
        return Failure("died", "Pivot failed in the stage's process, not the stage; its log says how")
    if code == LOST_PIPE:
        problem = "the stage closed file descriptors that it had not opened, so nobody knows how it ended"
        return Failure("died", problem, hint="close what the stage has opened, and no range of numbers")
    if code >= 0:
        problem = f"the stage's process {ended(ending.status)} before the function had returned"
        return Failure("died", problem, hint="return from the function, or raise, instead of ending the process")
    crashed = -code in _CRASHES
    hint = "code that is not Python crashed; the log says where it was called from" if crashed else None
    return Failure("died", f"the stage's process {ended(ending.status)}", hint=hint)
