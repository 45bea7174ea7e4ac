"""The process of one stage: what makes it so, the stage run under observation, one message sent, and the end.

The end is ``os._exit``. Handlers registered with ``atexit`` are not run: most are copies of the host's, and would undo
what belongs to all stages. Instead, threads that are no daemons are waited for, and logging, files that are still
open, ``print`` and C's buffers are written out. ``main`` is for a process that was started anew instead of forked.
"""

import faulthandler
import gc
import os
import random
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from io import IOBase, TextIOWrapper
from typing import Any, NoReturn

from pivot.execute.descendants import adopt_orphans, die_with, flush_c
from pivot.execute.executor import Failure, WorkOrder
from pivot.execute.live import Live, buffered_files, import_live
from pivot.execute.stage import run
from pivot.execute.verdict import LOST_PIPE, OWN_ERROR
from pivot.execute.wire import CHUNK, Report, unpack, write_report
from pivot_fingerprint import Observed

ORDERS, REPORTS = 3, 4  # descriptors of a process that was started anew


def settle_in(host: int, output: int, close: Iterable[int]) -> None:
    """Make a forked child a process of its own: its group, its output, none of the host's descriptors."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.setpgid(0, 0)
    die_with(host)
    adopt_orphans()
    for descriptor in close:
        os.close(descriptor)


def work(order: WorkOrder, live: Live, reports: int, known: int) -> NoReturn:
    """Run a stage of the imported pipeline, send the report and end this process.

    The first ``known`` of the sources that were compiled are left out of the report: the host has told of them.
    """
    pipe = os.fstat(reports)
    try:
        report = _work(order, live, known)
        write_out()
        if not _is_open(reports, pipe):
            os._exit(LOST_PIPE)
        write_report(reports, report)
    except BaseException:  # whatever it is, a child must not go on as the host
        sys.excepthook(*sys.exc_info())
        os._exit(OWN_ERROR)
    os._exit(0)


def main() -> NoReturn:
    """Do in a process that was started anew what a forked one inherits, then the work."""
    plain_output()
    data = b""
    while chunk := os.read(ORDERS, CHUNK):
        data += chunk
    os.close(ORDERS)
    host, pipeline, fields = unpack(data)
    die_with(host)
    adopt_orphans()
    os.set_inheritable(REPORTS, False)
    order = WorkOrder(*fields)
    live = import_live(pipeline, order.root)
    if isinstance(live, Failure):
        write_out()
        write_report(REPORTS, Report(live, 0.0))
        os._exit(0)
    gc.freeze()  # then what the stage makes is quickly told from what was there
    work(order, live, REPORTS, 0)


def _is_open(descriptor: int, opened: os.stat_result) -> bool:
    """Return whether a descriptor is what it was: a stage may close all that there are, and open others."""
    try:
        return os.path.samestat(os.fstat(descriptor), opened)
    except OSError:
        return False


def plain_output() -> None:
    """Let what is printed appear line by line, as UTF-8, whatever the locale; and a crash say where it happened."""
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _work(order: WorkOrder, live: Live, known: int) -> Report:
    stage = live.stages.get(order.stage)
    if stage is None:
        return Report(Failure("changed", f"pipeline.py no longer has a stage {order.stage}", hint="run again"), 0.0)
    os.chdir(stage.directory)
    if live.dice is not None:
        random.setstate(live.dice)
    declared = (*(path for path, _ in order.inputs), *order.outputs)  # what these are is looked at before and after
    live.observation.follow([os.path.join(order.root, path.rstrip("/")) for path in declared])
    started = time.perf_counter()
    failure = run(stage, order, partial(_settle, live.files))
    live.observation.__exit__(None, None, None)
    seconds = time.perf_counter() - started
    sources = tuple((source.file, source.digest) for source in live.loaded.sources[known:])
    return Report(failure, seconds, Observed() if failure else live.observation.observed, sources)


def _settle(files: Iterable[IOBase]) -> None:
    """Wait for and write out everything that may still be an output in the making, ``files`` from before too."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        threading._shutdown()  # as Python does at its own end; it lets executors finish as well
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.shutdown()
    for file in (*files, *buffered_files()):
        flush(file)
    gc.collect()  # closes what only a cycle of references holds, such as a compressed file; after the files below it


def write_out() -> None:
    """Write out what was printed, by Python and by C."""
    for stream in (sys.stdout, sys.stderr):
        flush(stream)
    flush_c()


def flush(stream: Any) -> None:
    """Write out what a file holds back, if it can be."""
    with suppress(Exception):  # closed, or its reader is gone, or what stands in for print's stream has no flush
        stream.flush()
