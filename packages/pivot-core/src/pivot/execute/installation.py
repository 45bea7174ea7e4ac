"""Whether what is installed is still what the warm server imported: by stamps of directories and of modules' files.

Asked by ``warm`` before it uses a process of that server: a library that was edited or replaced must not live on there.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress

COARSE = 20_000_000  # nanoseconds by which a file system's clock may be behind

type Stamp = tuple[int, int, int, int]
type Stamps = Mapping[str, Stamp | None]


def environment() -> object:
    """Return what changes when something is installed: the stamps of the directories on the import path."""
    found = []
    for entry in sys.path:
        with suppress(OSError):
            found.append((entry, os.stat(entry).st_mtime_ns))
    return found


def stamps(files: Iterable[str], began: int) -> Stamps:
    """Return the stamps of files whose import ``began`` then; None for one that may have changed since."""
    found: dict[str, Stamp | None] = {}
    for file in files:
        stamp = _stamp(file)
        found[file] = stamp if stamp is not None and stamp[1] < began - COARSE else None
    return found


def stands(known: Stamps) -> bool:
    """Return whether files still have their stamps."""
    return all(stamp is not None and _stamp(file) == stamp for file, stamp in known.items())


def _stamp(file: str) -> Stamp | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size
