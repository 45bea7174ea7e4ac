"""What the kernel must do for the processes of a run: end them with their parent, and let none get lost.

Used by the host and by stages' processes. Linux only (``prctl``); elsewhere these do nothing, and a pipe that closes
does what it can.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with(parent: int) -> None:
    """Have this process killed when its parent dies, at once if it already has.

    The kernel means the thread that created this process, so that thread must live as long as the parent's work does.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def die_first() -> None:
    """Let the kernel choose this process and what it starts before others when memory runs out."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as adjustment:
        adjustment.write("500")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that they can be found and ended."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Children:
    """The children of this process as the kernel lists them; none where it does not. Opened once, asked often."""

    def __init__(self) -> None:
        self._listing = -1
        with suppress(OSError):
            self._listing = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)

    def now(self) -> set[int]:
        """Return their process ids, also of those that have ended and were not waited for."""
        if self._listing < 0:
            return set()
        found = b""
        while data := os.pread(self._listing, 4096, len(found)):
            found += data
        return {int(one) for one in found.split()}

    def descriptors(self) -> tuple[int, ...]:
        """Return what a forked child must close."""
        return () if self._listing < 0 else (self._listing,)


def give_back_memory() -> None:
    """Give the memory that C code has freed back to the system, so that no fork copies it."""
    if hasattr(_LIBC, "malloc_trim"):  # glibc's
        _LIBC.malloc_trim(0)


def flush_c() -> None:
    """Write out what C code has printed and not yet flushed."""
    _LIBC.fflush(None)


def kill_group(leader: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Signal a group that a child leads which has not been waited for; also a child that does not lead one yet."""
    for send in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            send(leader, number)
            return


def end_group(leader: int) -> None:
    """Kill what is left in the group of a leader that has been waited for: it may end by itself at any moment."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def group_exists(leader: int) -> bool:
    """Return whether a process is left in the group of a leader that has been waited for."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return sys.platform != "darwin"  # where it means that only dead ones are left
    return True


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(option, value, 0, 0, 0)
