"""Python programs that an observed process starts anew are asked to observe themselves, and to tell what they see.

They are started with ``starting/sitecustomize.py`` on their path, which Python imports before anything else, and with
a variable that says where to write what they see: into the file of the family, see ``forks``. So the workers of
``multiprocessing`` that are spawned, those of joblib, and whatever ``subprocess`` starts are seen as forked ones are.
Not seen: programs in other languages, those of another environment, and those that are started by ``os.system``,
``os.exec`` or in isolation (``python -I``). Whatever is started for the sake of Python itself is left alone.
"""

import _posixsubprocess
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

INVITATION = b"PIVOT_OBSERVED"
_STARTING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "starting")
_PYTHON = re.compile(rb"python|\.py\b")
_ALONE = re.compile(rb"-[A-Za-z]*[EIS]|.*\bresource_tracker\b.*", re.DOTALL)  # in isolation, or a servant of Python's
_REAL_FORK_EXEC, _REAL_POSIX_SPAWN = _posixsubprocess.fork_exec, os.posix_spawn
type Invite = Callable[[], str | None]
_active: tuple[Invite, ...] = ()


def listen(invite: Invite) -> None:
    """Invite the programs that are started from now on; ``invite`` returns what they are told, None for nothing."""
    global _active
    if not _active:
        for real, inviting, names in _STARTERS:
            _replace(names, real, inviting)
    _active = (*_active, invite)


def leave(invite: Invite) -> None:
    """End it."""
    global _active
    _active = tuple(other for other in _active if other != invite)
    if not _active:
        for real, inviting, names in _STARTERS:
            _replace(names, inviting, real)


def _replace(names: Sequence[str], old: object, new: object) -> None:
    for name in names:
        module, _, attribute = name.partition(".")
        if getattr(sys.modules.get(module), attribute, None) is old:
            setattr(sys.modules[module], attribute, new)


def _fork_exec(*args: Any) -> int:
    """Start a program, as ``_posixsubprocess.fork_exec`` does; the sixth argument is its environment as ``a=b``."""
    if invitations := _invitations(args[0]):
        given = None if args[5] is None else dict(one.split(b"=", 1) for one in args[5])
        args = (*args[:5], [b"=".join(pair) for pair in _with(given, invitations).items()], *args[6:])
    pid: int = _REAL_FORK_EXEC(*args)
    return pid


def _posix_spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
    """Start a program, as ``os.posix_spawn`` does."""
    if invitations := _invitations(argv):
        given = None if env is None else {os.fsencode(name): os.fsencode(value) for name, value in env.items()}
        env = _with(given, invitations)
    return _REAL_POSIX_SPAWN(path, argv, env, **options)


def _invitations(words: Iterable[Any]) -> list[str]:
    if not _active or not _runs_python(list(map(os.fsencode, words))):
        return []
    return [one for one in (invite() for invite in _active) if one is not None]


def _runs_python(words: Sequence[bytes]) -> bool:
    """Whether a command names Python, a file of its source, or a script that Python executes."""
    if any(map(_ALONE.fullmatch, words)):
        return False
    return any(map(_PYTHON.search, words)) or (bool(words) and b"python" in _first_line(words[0]))


def _first_line(program: bytes) -> bytes:
    directories = [b""] if os.sep.encode() in program else map(os.fsencode, os.get_exec_path())
    for directory in directories:
        try:
            with open(os.path.join(directory, program), "rb") as file:
                line = file.readline(200)
        except OSError:
            continue
        return line if line.startswith(b"#!") else b""
    return b""


def _with(environment: Mapping[bytes, bytes] | None, invitations: Sequence[str]) -> dict[bytes, bytes]:
    """Return an environment, None for that of this process, with the invitations and the directory of what accepts
    them."""
    if environment is None:
        environment = os.environb
    path = environment.get(b"PYTHONPATH")
    paths = [os.fsencode(_STARTING), *([] if path is None else [path])]
    added = {b"PYTHONPATH": os.pathsep.encode().join(paths), INVITATION: "\n".join([sys.prefix, *invitations]).encode()}
    return {**environment, **added}


_STARTERS: tuple[tuple[object, object, tuple[str, ...]], ...] = (
    (_REAL_FORK_EXEC, _fork_exec, ("_posixsubprocess.fork_exec", "subprocess._fork_exec")),
    (_REAL_POSIX_SPAWN, _posix_spawn, ("os.posix_spawn",)),
)
