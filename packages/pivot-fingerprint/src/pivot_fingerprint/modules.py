"""From the name of a module to its file, by Python's own rules and without importing anything.

Says also whose code it is: the project's, an installed distribution's or the standard library's. Which distribution it
is, ``installed`` finds; what is in the file, ``facts``. Directories are listed and no files are opened, except the
tables that setuptools leaves for editable installs.
"""

import os
import re
import sys
from collections.abc import Sequence
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES

from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.named import NamedTuple

PROJECT, INSTALLED, STANDARD = "project", "installed", "standard"
_SUFFIXES = (*EXTENSION_SUFFIXES, *SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)
_INSTALLED_NAMES = frozenset({"site-packages", "dist-packages", "__pypackages__"})
_BUILTIN = frozenset(sys.builtin_module_names)
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))


class Place(NamedTuple):
    """A directory in which modules are looked for: whose code lies there, and the import path entry it is under."""

    directory: str
    whose: str
    entry: str


class Found(NamedTuple):
    """Where a module is.

    ``kind`` is source, package (a source file ``__init__.py``), binary (an extension or bytecode), namespace (no
    file), builtin or missing. ``places`` are where the submodules of a package are.
    """

    kind: str
    whose: str
    file: str | None
    entry: str
    places: tuple[Place, ...] = ()


MISSING = Found("missing", PROJECT, None, "")
BUILTIN = Found("builtin", STANDARD, None, "")


class Finder:
    """Finds modules as they are now; every answer is kept, so make a new one for a new look."""

    def __init__(self, roots: Sequence[str], path: Sequence[str] | None = None) -> None:
        self.roots = tuple(dict.fromkeys(os.path.abspath(root) for root in roots))
        entries = [os.path.abspath(entry or os.curdir) for entry in (sys.path if path is None else path)]
        self.answers: dict[str, Found] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._editable: dict[str, str] | None = None
        self.added: list[tuple[bool, str]] = []
        self.places = [
            Place(entry, self._whose(entry), entry)
            for entry in dict.fromkeys((*self.roots, *entries))
            if not _is_zip(entry)
        ]

    def add(self, entry: str, *, first: bool) -> bool:
        """Add an entry to the import path and forget all answers; return False if it is there already."""
        if any(place.directory == entry for place in self.places):
            return False
        self.added.append((first, entry))
        self.places.insert(0 if first else len(self.places), Place(entry, self._whose(entry), entry))
        self.answers.clear()
        return True

    def find(self, name: str) -> Found:
        """Return where a module of that absolute name is."""
        found = self.answers.get(name)
        if found is None:
            above, _, last = name.rpartition(".")
            found = self.answers[name] = self._below(above, name, last) if above else self._top(name)
        return found

    def names(self, directory: str) -> frozenset[str]:
        """Return the names in a directory, none if there is no such directory."""
        found = self._listings.get(directory)
        if found is None:
            try:
                found = frozenset(os.listdir(directory))
            except OSError:
                found = frozenset()
            self._listings[directory] = found
        return found

    def _whose(self, entry: str) -> str:
        if entry in self.roots:
            return PROJECT
        if entry in (_LIBRARY, os.path.join(_LIBRARY, "lib-dynload")):
            return STANDARD
        if os.path.basename(entry) in _INSTALLED_NAMES or any(
            name.endswith(".dist-info") for name in self.names(entry)
        ):
            return INSTALLED
        return PROJECT

    def _top(self, name: str) -> Found:
        if name in _BUILTIN:
            return BUILTIN
        if name in OWN_PACKAGES:
            return Found("builtin", INSTALLED, None, name)
        found = self._search(self.places, name)
        if found.kind in ("missing", "namespace"):
            mapped = self._editables().get(name)
            if mapped is not None:
                directory, base = os.path.split(mapped)
                place = Place(directory, PROJECT, directory)
                elsewhere = self._search([place], base.removesuffix(".py"))
                if elsewhere.kind != "missing":
                    return elsewhere
        return found

    def _below(self, above: str, name: str, last: str) -> Found:
        parent = self.find(above)
        if parent.kind == "builtin" or parent.whose == STANDARD:
            return parent
        return self._search(parent.places, last)

    def _search(self, places: Sequence[Place], name: str) -> Found:
        portions = []
        for place in places:
            if place.whose == STANDARD and name in sys.stdlib_module_names:
                return BUILTIN
            names = self.names(place.directory)
            if name in names:
                inside = os.path.join(place.directory, name)
                found = self._file(Place(inside, place.whose, place.entry), "__init__", package=True)
                if found is not None:
                    return found
                if os.path.isdir(inside):
                    portions.append(Place(inside, place.whose, place.entry))
            found = self._file(place, name, package=False)
            if found is not None:
                return found
        if portions:
            return Found("namespace", portions[0].whose, None, portions[0].entry, tuple(portions))
        return MISSING

    def _file(self, place: Place, stem: str, *, package: bool) -> Found | None:
        names = self.names(place.directory)
        for suffix in _SUFFIXES:
            if stem + suffix in names:
                file = os.path.join(place.directory, stem + suffix)
                source = suffix in SOURCE_SUFFIXES
                kind = "package" if package and source else "source" if source else "binary"
                return Found(kind, place.whose, file, place.entry, (place,) if package else ())
        return None

    def _editables(self) -> dict[str, str]:
        """Return what setuptools' finders for editable installs map: module name to path."""
        if self._editable is None:
            self._editable = {}
            for place in self.places:
                if place.whose == INSTALLED:
                    for name in sorted(self.names(place.directory)):
                        if name.startswith("__editable__") and name.endswith("_finder.py"):
                            self._editable.update(_mapping(os.path.join(place.directory, name)))
        return self._editable


def _mapping(file: str) -> dict[str, str]:
    """Read the table of a finder that setuptools wrote: ``MAPPING: dict[str, str] = {'package': '/path/package'}``."""
    try:
        with open(file, encoding="utf-8") as text:
            lines = [line for line in text if line.startswith("MAPPING")]
    except (OSError, ValueError):
        return {}
    return dict(re.findall(r"'([^']+)': '([^']+)'", "".join(lines)))


def _is_zip(entry: str) -> bool:
    return entry.endswith(".zip") or (entry.endswith(".egg") and os.path.isfile(entry))


def absolute(name: str, package: str, level: int) -> str | None:
    """Return the absolute name of a relative import in a package; None if it goes above the top."""
    if level == 0:
        return name
    above = package.split(".") if package else []
    if level > len(above):
        return None
    above = above[: len(above) - level + 1]
    return ".".join([*above, name] if name else above)
