"""Questions about files that do not open them: ``os.stat``, ``lstat``, ``access``, ``readlink``, and their users.

They leave no audit event, so while somebody listens these four functions of the module ``os`` are replaced by ones that
report. ``os.path``, pathlib and glob look them up there at each call. A function that was bound to another name before
(``from os import stat``) and ``DirEntry.stat`` are seen by ``handed`` where project code calls them; not seen are
``os.fstat`` and compiled libraries. The import system has its own ``stat`` and is not disturbed.
"""

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

type _Path = int | str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Listener(Protocol):
    """Who wants to know. ``mode`` is the ``st_mode`` of what is there, 0 if nothing is."""

    missing: str | None

    def asked(self, path: object, directory: int | None, mode: int, frame: FrameType) -> None:
        """Take in a question; ``directory`` is the descriptor that a relative path starts from."""


# The functions themselves; also for those who ask without being heard.
real_stat, _lstat, _access, _readlink = os.stat, os.lstat, os.access, os.readlink
REAL = frozenset({real_stat, _lstat, _access, _readlink})
_active: tuple[Listener, ...] = ()


def listen(listener: Listener) -> None:
    """Begin to tell ``listener``; what somebody else has replaced already stays so, and is told as missing."""
    global _active
    replaced = []
    for name, (real, telling) in _FUNCTIONS.items():
        if getattr(os, name) is real:
            setattr(os, name, telling)
            for functions in _SUPPORTING:
                if real in functions:
                    functions.add(telling)
        elif getattr(os, name) is not telling:
            replaced.append(f"os.{name}")
    if replaced:
        listener.missing = f"questions about files: {', '.join(replaced)} was replaced by another function"
    _active = (*_active, listener)


def leave(listener: Listener) -> None:
    """End it. With the last one the module ``os`` is as it was; who kept one of our functions may go on calling it."""
    global _active
    _active = tuple(other for other in _active if other is not listener)
    if _active:
        return
    for name, (real, telling) in _FUNCTIONS.items():
        if getattr(os, name) is telling:
            setattr(os, name, real)
        for functions in _SUPPORTING:
            functions.discard(telling)


def _tell(path: _Path, directory: int | None, mode: int) -> None:
    if isinstance(path, int):
        return
    for listener in _active:
        try:
            listener.asked(path, directory, mode, sys._getframe(2))
        except Exception as error:  # an exception here would make the user's own question fail
            listener.missing = f"question: {error!r}"


def stat(path: _Path, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
    try:
        found = real_stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
    except (FileNotFoundError, NotADirectoryError):
        _tell(path, dir_fd, 0)
        raise
    if _active:
        _tell(path, dir_fd, found.st_mode)
    return found


def lstat(path: _Path, *, dir_fd: int | None = None) -> os.stat_result:
    try:
        found = _lstat(path, dir_fd=dir_fd)  # type: ignore[arg-type]  # a number is the caller's error, raised by it
    except (FileNotFoundError, NotADirectoryError):
        _tell(path, dir_fd, 0)
        raise
    if _active:
        _tell(path, dir_fd, found.st_mode)
    return found


def access(
    path: _Path, mode: int, *, dir_fd: int | None = None, effective_ids: bool = False, follow_symlinks: bool = True
) -> bool:
    allowed = _access(path, mode, dir_fd=dir_fd, effective_ids=effective_ids, follow_symlinks=follow_symlinks)
    if _active:
        try:
            found = real_stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks).st_mode
        except OSError:
            found = 0
        _tell(path, dir_fd, found)
    return allowed


def readlink(path: Any, *, dir_fd: int | None = None) -> Any:
    try:
        target = _readlink(path, dir_fd=dir_fd)
    except (FileNotFoundError, NotADirectoryError):
        _tell(path, dir_fd, 0)
        raise
    if _active:
        _tell(path, dir_fd, _lstat(path, dir_fd=dir_fd).st_mode)
    return target


_FUNCTIONS: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "stat": (real_stat, stat),
    "lstat": (_lstat, lstat),
    "access": (_access, access),
    "readlink": (_readlink, readlink),
}
# shutil, for one, asks whether os.stat is in these sets before it decides how to work
_SUPPORTING: tuple[set[Any], ...] = (
    os.supports_dir_fd,
    os.supports_effective_ids,
    os.supports_fd,
    os.supports_follow_symlinks,
)
for _name, (_real, _telling) in _FUNCTIONS.items():
    _telling.__module__ = "os"  # so that pickle finds the function that stands there, also in another process
    _telling.__doc__ = _real.__doc__
