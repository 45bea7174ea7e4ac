"""Which files the modules of this process come from, and whether importing a name leads to a given file.

Used by ``auditing`` and ``observation``. What a name would lead to in another process is decided by ``modules``.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from pivot_fingerprint.importing import is_project, normal_roots
from pivot_fingerprint.modules import Finder


def file_of(module: object) -> str | None:
    """Return the absolute path of a loaded module's file, None if it has none."""
    try:  # past the module's own class: a lazily loaded module must not be loaded by being looked at
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:  # anything can be in sys.modules
        return None
    return os.path.abspath(file) if isinstance(file, str) else None


def judge_loaded(roots: Sequence[str]) -> None:
    """Find out ahead which loaded modules are project code, so that no process forked from this one has to."""
    normal = normal_roots(roots)
    for module in list(sys.modules.values()):
        if file := file_of(module):
            is_project(file, normal)


def leads_to(name: str, file: str) -> bool:
    """Whether importing the name now finds the file: not so for ``__main__`` and modules that were loaded by a path."""
    tail = name.replace(".", os.sep)
    for entry in sys.path:
        place = os.path.join(os.path.abspath(entry), tail)
        candidates = (os.path.join(place, "__init__.py"), f"{place}.py")
        if file in candidates:
            return True
        if any(map(os.path.exists, candidates)):
            return False
    return _finders_lead_to(name, file)


def awaited(name: str, is_project: Callable[[str], bool]) -> Iterator[str]:
    """Yield the files of the project in which a module could come to be that is not there now."""
    parent, _, tail = name.rpartition(".")
    package = sys.modules.get(parent)
    if name in sys.modules or (parent and package is None):
        return
    for entry in getattr(package, "__path__", ()) if parent else sys.path:
        place = os.path.join(os.path.abspath(entry), tail)
        for file in (os.path.join(place, "__init__.py"), f"{place}.py"):
            if is_project(file) and os.path.isdir(entry) and not os.path.exists(file):
                yield file


def unfound(modules: Iterable[tuple[str, str]], roots: Sequence[str]) -> Iterator[str]:
    """Yield the files of loaded modules that ``modules`` would not find by their names: somebody else's finder did."""
    finder = None
    for name, file in modules:
        if name != "__main__" and not _is_at(name, file):
            if finder is None:
                finder = Finder(roots)
            if finder.find(name).file != file:
                yield file


def _is_at(name: str, file: str) -> bool:
    """Whether a file is where an entry of the import path has that name."""
    place = os.path.splitext(file)[0].removesuffix(f"{os.sep}__init__")
    tail = os.sep + name.replace(".", os.sep)
    return place.endswith(tail) and place.removesuffix(tail) in map(os.path.abspath, sys.path)


def _finders_lead_to(name: str, file: str) -> bool:
    """Ask the import system itself: a package with a path of its own, the finder of an editable install."""
    parent = name.rpartition(".")[0]
    path = getattr(sys.modules.get(parent), "__path__", None) if parent else None
    if parent and path is None:
        return False
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(name, path, None)
        except Exception:  # somebody else's finder
            continue
        if spec is not None:
            return spec.origin is not None and os.path.abspath(spec.origin) == file
    return False


class ModuleFiles:
    """The files of the modules that are loaded, kept until there are more or fewer of them."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._count = -1

    def names(self) -> dict[str, str]:
        """Return the name of a module by its file."""
        if self._count != len(sys.modules):
            self._count = len(sys.modules)
            self._files = {
                file: name for name, module in list(sys.modules.items()) if (file := file_of(module)) is not None
            }
        return self._files
