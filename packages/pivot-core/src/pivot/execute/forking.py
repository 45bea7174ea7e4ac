"""Is it safe to fork this process? Asked by the host after it has imported the pipeline.

A forked child has only the thread that forked: a lock that another thread held stays locked for ever. Libraries that
know about this stop their threads before a fork (OpenBLAS, so numpy) or repair them after it (jemalloc, so pyarrow);
both are safe.
"""

import os
import sys
import warnings
from collections.abc import Callable

REPAIRED = frozenset({"jemalloc_bg_thd"})  # names of threads that their library takes care of in the child
TASKS = "/proc/self/task"


def obstacle() -> str | None:
    """Return why stages must not be forked from this process, None if they may.

    Forks once if there are other threads, to see which of them stop for it.
    """
    if sys.platform == "darwin":
        return "forking is not safe on macOS"
    threads = other_threads()
    if threads:
        pid = fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        threads = other_threads()
    if not threads:
        return None
    names = ", ".join(sorted(set(threads)))
    return f"importing the pipeline started {len(threads)} thread{'s' if len(threads) > 1 else ''} ({names})"


def other_threads() -> list[str]:
    """Return the names of this process's threads besides the main one, without those that survive a fork well."""
    tasks = _tasks()
    if not tasks:
        threading = sys.modules.get("threading")
        return [thread.name for thread in threading.enumerate()[1:]] if threading else []
    own = str(os.getpid())
    return [name for task in tasks if task != own and (name := _name(task)) not in REPAIRED]


def fork() -> int:
    """Fork, without Python's warning about threads: whether they matter has been found out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def how_to_fork() -> Callable[[], int]:
    """Return ``fork``, or plain ``os.fork``, which is faster, where it will not warn."""
    return os.fork if len(_tasks()) == 1 else fork


def _tasks() -> list[str]:
    try:
        return os.listdir(TASKS)
    except FileNotFoundError:
        return []


def _name(task: str) -> str:
    try:
        with open(f"{TASKS}/{task}/comm") as file:
            return file.read().strip()
    except FileNotFoundError:
        return "ended"
