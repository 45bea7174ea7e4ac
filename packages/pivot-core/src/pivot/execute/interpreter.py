"""Starting another Python like this one, for the host and for stages that cannot be forked."""

import fcntl
import os
import sys
from collections.abc import Sequence

_LETTERS = (
    ("O", "optimize"),
    ("B", "dont_write_bytecode"),
    ("E", "ignore_environment"),
    ("s", "no_user_site"),
    ("S", "no_site"),
)


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
