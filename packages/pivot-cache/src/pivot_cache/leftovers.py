"""Temporaries in directories that are not ours alone: how they are named, and who removes what a crash left of them.

They stand beside the file or directory whose name they will take. Whoever writes in a directory first removes what is
left there; what a process keeps in a directory of its own is for ``temporary``.
"""

import fcntl
import os
import stat
import time
from contextlib import suppress
from typing import Final

PREFIX: Final = ".pivot-"
SUFFIX: Final = ".tmp"
HELD_SUFFIX: Final = ".new"
"""Of a temporary whose writer holds a ``flock`` on it: it is left over as soon as nobody does."""
_LENGTH: Final = len(PREFIX) + 16 + len(SUFFIX)
_DAY_SECONDS: Final = 86_400
_swept: Final[set[str]] = set()


def temporary_name(suffix: str = SUFFIX) -> str:
    """Return a fresh name of 27 bytes, so that the longest file names can be written too."""
    return f"{PREFIX}{os.urandom(8).hex()}{suffix}"


def is_temporary(name: str) -> bool:
    """Say whether a name has exactly the form of ``temporary_name``: such files are ours, and no part of a
    directory."""
    return (
        len(name) == _LENGTH
        and name.startswith(PREFIX)
        and name.endswith((SUFFIX, HELD_SUFFIX))
        and all(digit in "0123456789abcdef" for digit in name[len(PREFIX) : -len(SUFFIX)])
    )


def sweep_once(directory: str) -> None:
    """Remove what writers who are gone left in a directory; a process does so once for each.

    What nobody can hold, such as a directory, is left over after a day.
    """
    if directory in _swept:
        return
    _swept.add(directory)
    with suppress(OSError):
        for name in os.listdir(directory or "."):
            if is_temporary(name):
                _sweep(os.path.join(directory, name), held=name.endswith(HELD_SUFFIX))


def remove_temporary(path: str) -> None:
    """Remove a temporary of ours, file or directory, if it is there; what cannot be removed stays."""
    try:
        is_directory = stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return
    with suppress(OSError):
        if not is_directory:
            os.unlink(path)
            return
        for name in os.listdir(path):
            remove_temporary(f"{path}/{name}")
        os.rmdir(path)


def remove_unheld(path: str) -> None:
    """Remove a file unless a process holds a ``flock`` on it. Raises ``OSError``, ``BlockingIOError`` among them."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(descriptor)


def _sweep(path: str, *, held: bool) -> None:
    with suppress(OSError):  # BlockingIOError among them: its writer is at work
        if held:
            remove_unheld(path)
        elif time.time() - os.lstat(path).st_mtime > _DAY_SECONDS:
            remove_temporary(path)
