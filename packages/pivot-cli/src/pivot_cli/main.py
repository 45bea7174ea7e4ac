"""Where the ``pivot`` process begins and ends; both are made quick, because people wait for them.

What happens in between is the business of ``group`` and, when something goes wrong, of ``boundary``.
"""

import gc
import os
import sys
from _thread import start_new_thread
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter, sleep
from typing import NoReturn

from pivot_cli.postponed import postpone

GARBAGE = 100_000
"""Objects between two collections: with the default, those of the imports cost a tenth of a run with nothing to do."""


INTERRUPT = 2  # SIGINT; importing signal takes a millisecond


def main() -> NoReturn:
    """Run the command line of this process and end it."""
    gc.set_threshold(GARBAGE)
    sys.unraisablehook = _interrupt_again
    _fill_streams()
    postpone("inspect")  # click imports it for texts of help
    code = run(sys.argv[1:])
    for file in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever read it may have gone
            file.flush()
    os._exit(code)  # all is closed: to take each module apart first would cost another tenth


def run(words: Sequence[str]) -> int:
    """Run a command line, such as ``["repro", "-n"]``, in this process, and return the exit code."""
    began = perf_counter()
    from pivot_cli.group import run_guarded  # lazy: the threshold comes first

    return run_guarded(words, began)


def _interrupt_again(lost: "sys.UnraisableHookArgs") -> None:
    """Send a Ctrl-C once more that came while Python was clearing something away: what is raised there gets lost."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    start_new_thread(_interrupt_soon, ())  # and be gone from here by then: a Timer would have its start waited for


def _interrupt_soon() -> None:
    sleep(0.1)
    os.kill(os.getpid(), INTERRUPT)


def _fill_streams() -> None:
    """Open what the caller closed of standard input, output and error: no file of ours may come to stand there."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
