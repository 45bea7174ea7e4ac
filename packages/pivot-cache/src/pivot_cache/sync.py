"""Flushes, several at once: a file system that waits for its disk once can serve all who wait.

One after the other, 32 small files take 32 waits; from eight threads, hardly more than four. What has to be on the disk
before what is decided by the callers.
"""

import os
from collections.abc import Callable, Collection, Iterator

AT_ONCE = 8
GLANCE = 0.002  # seconds between two calls of what is done meanwhile

type Meanwhile = Callable[[], object] | None
"""Called again and again in this thread while the disk is at work."""


def sync_all(descriptors: Collection[int], meanwhile: Meanwhile = None) -> None:
    """Flush open files; raises ``OSError`` if one cannot be, when all have been tried."""
    if len(descriptors) < 2 and meanwhile is None:
        for descriptor in descriptors:
            os.fsync(descriptor)
        return
    import threading  # lazy: a command that finds nothing to do flushes nothing

    waiting = iter(list(descriptors))
    failures: list[OSError] = []
    threads = [
        threading.Thread(target=_sync, args=(waiting, failures), name="pivot-sync", daemon=True)
        for _ in range(min(AT_ONCE, len(descriptors)) - (meanwhile is None))
    ]
    for thread in threads:
        thread.start()
    if meanwhile is None:
        _sync(waiting, failures)
    for thread in threads:
        while meanwhile is not None and thread.is_alive():
            meanwhile()
            thread.join(GLANCE)
        thread.join()
    if failures:
        raise failures[0]


def sync_directories(paths: Collection[str], meanwhile: Meanwhile = None) -> None:
    """Make the names in directories durable; raises ``OSError``."""
    opened: list[int] = []
    try:
        for path in paths:
            opened.append(os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        sync_all(opened, meanwhile)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _sync(waiting: Iterator[int], failures: list[OSError]) -> None:
    for descriptor in waiting:
        try:
            os.fsync(descriptor)
        except OSError as error:
            failures.append(error)
