"""Starting another Python like this one: for loading the pipeline, for the host, for stages that cannot be forked."""

import fcntl
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

_SIGKILL = 9  # importing signal takes a millisecond
_LETTERS = (
    ("O", "optimize"),
    ("B", "dont_write_bytecode"),
    ("E", "ignore_environment"),
    ("s", "no_user_site"),
    ("S", "no_site"),
)


class Starter(Protocol):
    """Starts Pythons: anew, or as ``warm`` does."""

    def start(self, code: str, descriptors: Sequence[int], *, session: bool) -> int:
        """Do what ``start`` of this module does."""

    def give_up(self, why: str) -> None:
        """Hear why what was started last must not be used, and start everything anew from now on."""


class Anew:
    """Starts each Python anew."""

    def start(self, code: str, descriptors: Sequence[int], *, session: bool) -> int:
        return start(code, descriptors, session=session)

    def give_up(self, why: str) -> None:
        """It always does that."""


ANEW = Anew()


def start(code: str, descriptors: Sequence[int], *, session: bool) -> int:
    """Start an interpreter that runs ``code`` and return its process id.

    ``descriptors`` become its 0, 1, 2 and so on; everything else is closed. It leads a new process group, or a new
    session, which has no terminal: a Ctrl-C reaches neither it nor its children. The present directory is not on its
    import path. Raises OSError.
    """
    high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, len(descriptors)) for one in descriptors]
    actions = [(os.POSIX_SPAWN_DUP2, one, place) for place, one in enumerate(high)]
    command = [sys.executable, *_flags(), "-c", code]
    try:
        if session:
            try:
                return os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)
            except NotImplementedError:
                pass
        return os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setpgroup=0)
    finally:
        for one in high:
            os.close(one)


def _flags() -> list[str]:
    letters = "".join(letter * getattr(sys.flags, name) for letter, name in _LETTERS)
    isolated = ["-I" if sys.flags.isolated else "-P", *([f"-{letters}"] if letters else [])]
    options = [f"-X{name}" if value is True else f"-X{name}={value}" for name, value in sys._xoptions.items()]
    return [*isolated, *options, *(f"-W{one}" for one in sys.warnoptions)]


def end_with(alive: int) -> None:
    """Have the kernel kill the group of this process once nobody holds the other end of a pipe any more.

    For a time in which this process may be too busy to look. Unlike ``descendants.die_with`` it reaches what was
    started meanwhile, and asks for no thread of the parent's to live on. Ends with the descriptor; Linux only.
    """
    own = os.getpid()
    if os.getpgrp() != own:
        raise ValueError("this process does not lead its group, which is not to be killed")
    os.set_inheritable(alive, False)
    os.set_blocking(alive, False)
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(alive, fcntl.F_SETOWN, -own)
        fcntl.fcntl(alive, fcntl.F_SETSIG, _SIGKILL)
        fcntl.fcntl(alive, fcntl.F_SETFL, fcntl.fcntl(alive, fcntl.F_GETFL) | os.O_ASYNC)
    with suppress(BlockingIOError):  # as long as the other end is open
        os.read(alive, 1)
        os.killpg(own, _SIGKILL)


def anonymous_file() -> int:
    """Return a file without a name, for what another process prints or answers: that process never blocks on it.

    Nothing inherits it but what is told to. Raises OSError.
    """
    if hasattr(os, "memfd_create"):
        return os.memfd_create("pivot")
    import tempfile  # 14 ms, for systems without memfd

    descriptor, path = tempfile.mkstemp(prefix="pivot-")
    os.unlink(path)
    return descriptor
