"""The thread that hears of changes: which paths something happened to, once they are still for the debounce time.

Directories are watched one by one, not whole trees, so that neither ``.git`` nor a virtual environment costs anything.
Which of the changes matter is the business of ``interest``.
"""

import os
import threading
from collections.abc import Callable, Iterable

from watchfiles._rust_notify import RustNotify

PATIENCE = 2000  # milliseconds after which changes are told although they go on
POLL = 300  # milliseconds between two looks where the system cannot tell

type Identity = dict[str, tuple[int, int]]


class Files:
    """Watches directories; ``post`` is called from its thread with the absolute paths that something happened to."""

    def __init__(self, post: Callable[[frozenset[str]], None], debounce: int) -> None:
        self._post = post
        self._debounce = debounce
        self._watched: Identity = {}
        self._stop = threading.Event()
        self._notify: RustNotify | None = None
        self._thread: threading.Thread | None = None

    def watch(self, directories: Iterable[str]) -> bool:
        """Watch these directories from now on; return whether that is other than it was, so that a look is due.

        Of one that does not exist, the nearest above it that does.
        """
        wanted = _existing(directories)
        if wanted == self._watched:
            return False
        notify = RustNotify(sorted(wanted), False, False, POLL, False, True)
        self._end()
        self._watched, self._notify, self._stop = wanted, notify, threading.Event()
        self._thread = threading.Thread(
            target=self._listen, args=(notify, self._stop), name="pivot watch files", daemon=True
        )
        self._thread.start()
        return True

    def close(self) -> None:
        """Hear of nothing any more."""
        self._end()
        self._watched = {}

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._notify is not None:
            self._notify.close()
        self._thread = self._notify = None

    def _listen(self, notify: RustNotify, stop: threading.Event) -> None:
        while not stop.is_set():
            changes = notify.watch(PATIENCE, self._debounce, 0, stop)
            if isinstance(changes, str):
                return
            self._post(frozenset(path for _, path in changes))


def subdirectories(tree: str) -> Iterable[str]:
    """Yield a directory and all below it; links are not followed."""
    waiting = [tree]
    while waiting:
        directory = waiting.pop()
        yield directory
        try:
            with os.scandir(directory) as found:
                waiting += [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue  # gone meanwhile, or not a directory


def _existing(directories: Iterable[str]) -> Identity:
    found: Identity = {}
    for directory in directories:
        place = directory
        while place not in found:
            try:
                status = os.stat(place)
            except OSError:
                place = os.path.dirname(place)
                continue
            if os.path.isdir(place):
                found[place] = (status.st_dev, status.st_ino)
            else:
                place = os.path.dirname(place)
    return found
