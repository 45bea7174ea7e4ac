"""What this process found imported when it began: third-party modules, where it was forked from a warm server.

Set by ``nursery`` before it forks; empty in a process that was started anew. Whoever asks what the pipeline itself
imports, or sets, needs it.
"""

import builtins
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pivot_fingerprint.importing import is_project
from pivot_fingerprint.named import NamedTuple


class Preloaded(NamedTuple):
    """Names of modules that are there, top-level names that were looked for in vain, and the variables as they were."""

    modules: frozenset[str] = frozenset()
    missed: tuple[str, ...] = ()
    environ: Mapping[str, str] = {}


_found = Preloaded()


def note(found: Preloaded) -> None:
    """Say what the children of this process find."""
    global _found
    _found = found


def found() -> Preloaded:
    """Return what this process found."""
    return _found


def changed_variables() -> tuple[str, ...]:
    """Return the variables that were set since: libraries that were imported before have not seen them."""
    if not _found.modules:
        return ()
    names = _found.environ.keys() | os.environ.keys()
    return tuple(sorted(name for name in names if _found.environ.get(name) != os.environ.get(name)))


class Requests:
    """While the block lasts: the top-level names of preloaded modules that project code imports."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.tops: set[str] = set()
        self._roots = tuple(roots)
        self._import: Callable[..., Any] = builtins.__import__

    def __enter__(self) -> "Requests":
        if _found.modules:
            builtins.__import__ = self._note  # type: ignore[assignment]  # it passes everything on
        return self

    def __exit__(self, *_: object) -> None:
        if builtins.__import__ == self._note:
            builtins.__import__ = self._import

    def _note(self, name: str, scope: Any = None, *rest: Any, **more: Any) -> Any:
        top = name.partition(".")[0]
        if (
            top in _found.modules
            and top not in self.tops
            and is_project((scope or {}).get("__file__") or "", self._roots)
        ):
            self.tops.add(top)
        return self._import(name, scope, *rest, **more)


# Python and ``blame`` leave the frames of the import system out of a traceback, and this is one of them now.
Requests._note.__code__ = Requests._note.__code__.replace(co_filename="<frozen importlib._bootstrap>")


def installed(names: set[str]) -> list[str]:
    """Return which of these modules are installed ones, and not the project's or the standard library's."""
    found = []
    for name in sorted(names):
        file = getattr(sys.modules.get(name), "__file__", None) or ""
        if not {"site-packages", "dist-packages"}.isdisjoint(file.split(os.sep)):
            found.append(name)
    return found
