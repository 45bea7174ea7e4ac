"""Import of project code from its exact present source, and the definition of what project code is.

Python trusts a ``.pyc`` whose source has the recorded size and the recorded modification time in whole seconds, so an
edit of equal length within one second runs the old bytecode. ``install`` makes project modules compile from the bytes
that are there now and remembers the digest of those bytes; ``is_project`` is used by the observation and by the live
values too. Finding modules is left to the import system: this module only replaces how a source file becomes code.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import CodeType

import blake3

from pivot_fingerprint.named import NamedTuple

# The top-level packages of the family are never project code, also when they are developed under the project root.
OWN_PACKAGES = frozenset({"pivot", "pivot_cache", "pivot_cli", "pivot_fingerprint", "pivot_remote"})
_INSTALLED = frozenset({"site-packages", "dist-packages", "__pypackages__"})
_DEBUGGERS = frozenset({"debugpy", "pydev"})  # where editors keep their own copy, outside of any environment


def _standard_library() -> tuple[str, ...]:
    platform_specific = f"{sys.platlibdir}/python{sys.version_info.major}.{sys.version_info.minor}"
    places = {os.path.dirname(os.__file__), os.path.join(sys.base_exec_prefix, platform_specific)}
    return tuple(f"{place}{os.sep}" for place in sorted(places | {os.path.realpath(place) for place in places}))


_STANDARD_LIBRARY = _standard_library()


class Source(NamedTuple):
    """A module as it was compiled: ``digest`` is the BLAKE3 hex of the very bytes, ``file`` an absolute path."""

    name: str
    file: str
    digest: str


class Loaded:
    """The project modules that were compiled since ``install``, until ``remove``."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self.roots = roots
        self._sources: dict[Source, None] = {}

    @property
    def sources(self) -> tuple[Source, ...]:
        """In the order of compilation. A module that was reloaded after an edit appears once for each content."""
        return tuple(self._sources)

    def remove(self) -> None:
        """Stop recording; imports work as Python's own again when nobody else has installed."""
        if self in _installed:
            _installed.remove(self)
        if not _installed and SourceFileLoader.get_code is _get_code:
            SourceFileLoader.get_code = _original  # type: ignore[method-assign]  # put back what install replaced

    def _record(self, source: Source) -> None:
        self._sources[source] = None


_installed: list[Loaded] = []
_original = SourceFileLoader.get_code
_to_code = SourceFileLoader.source_to_code
_ahead: dict[str, tuple[bytes, CodeType]] = {}  # what was compiled ahead, by path, with its source


def install(roots: Sequence[str]) -> Loaded:
    """Compile project modules from their present source from now on, in this process and in its forked children.

    The code of every ``SourceFileLoader`` goes through here, whoever found the module: the path finder, the finder of
    an editable install, ``spec_from_file_location``, ``runpy.run_module``. No ``.pyc`` of a project module is read or
    written; everything else is loaded by Python's own method. Calls may be nested. Processes that are started anew
    (``subprocess``, ``spawn``) are not affected.
    """
    loaded = Loaded(normal_roots(roots))
    _installed.append(loaded)
    SourceFileLoader.get_code = _get_code  # type: ignore[assignment, method-assign]  # replaced on purpose
    return loaded


def compile_ahead(path: str) -> None:
    """Compile a source file for an import to come, which takes this if it finds the same bytes. Executes nothing.

    What the compiler has to say, be it a warning, it will say during that import.
    """
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("error")
        with open(path, "rb") as file:
            data = file.read()
        _ahead[path] = data, compile(data, path, "exec", dont_inherit=True)


def _take(loader: SourceFileLoader, data: bytes, path: str) -> CodeType | None:
    """Return what was compiled ahead of these bytes, but not to a loader that compiles in a way of its own."""
    source, code = _ahead.pop(path, (None, None))
    return code if source == data and type(loader).source_to_code is _to_code else None


def _get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
    path = self.get_filename(fullname)
    owners = [loaded for loaded in _installed if is_project(path, loaded.roots)]
    if not owners:
        return _original(self, fullname)
    data = self.get_data(path)
    try:
        code: CodeType = _take(self, data, path) or self.source_to_code(data, path)
    except SyntaxError as error:
        error.filename = error.filename or path  # Python leaves it out for a null byte
        raise
    source = Source(fullname, os.path.abspath(path), blake3.blake3(data).hexdigest())
    for loaded in owners:
        loaded._record(source)
    return code


# Python cuts the frames of the import system out of a traceback by this file name. Ours is one of them: without it, a
# syntax error in project code would show the inside of importlib.
_get_code.__code__ = _get_code.__code__.replace(co_filename="<frozen importlib._bootstrap_external>")


def normal_roots(roots: Sequence[str]) -> tuple[str, ...]:
    """Absolute roots as given, in the form that ``is_project`` expects."""
    return tuple(dict.fromkeys(os.path.abspath(os.fspath(root)) for root in roots))


_verdicts: dict[tuple[str, ...], dict[str, bool]] = {}


def is_project(filename: str, roots: Sequence[str]) -> bool:
    """Whether the source file is project code: neither the standard library, nor installed, nor a package of Pivot.

    Below a root, only directories named ``site-packages`` and the like are installed code. Elsewhere also the entries
    of ``sys.path`` that hold ``*.dist-info`` are. What remains is project code wherever it lies: source trees of
    editable installs, entries of ``PYTHONPATH``, a plugin loaded by its path. Answers are kept by directory; pass the
    tuple that ``normal_roots`` made where it is asked often.
    """
    if type(roots) is not tuple:
        roots = normal_roots(roots)
    verdicts = _verdicts.get(roots)
    if verdicts is None:
        verdicts = _verdicts[roots] = {}
    directory = os.path.dirname(filename)
    verdict = verdicts.get(directory)
    if verdict is None:
        # <string>, <frozen os> and relative names of code compiled from text have no directory of their own
        verdict = verdicts[directory] = os.path.isabs(filename) and _judge(os.path.normpath(directory), roots)
    return verdict


def _judge(directory: str, roots: tuple[str, ...]) -> bool:
    place = directory + os.sep
    below: str | None = None
    for root in {*roots, *map(os.path.realpath, roots)}:
        prefix = root.rstrip(os.sep) + os.sep
        if place.startswith(prefix):
            if any(library.startswith(prefix) and place.startswith(library) for library in _STANDARD_LIBRARY):
                return False
            if below is None or len(place) - len(prefix) > len(below):
                below = place[len(prefix) :]
    if below is None:
        if place.startswith(_STANDARD_LIBRARY) or _on_installed_entry(place):
            return False
        if not _DEBUGGERS.isdisjoint(place.split(os.sep)):
            return False
        below = place
    names = below.split(os.sep)
    return _INSTALLED.isdisjoint(names) and not _is_own(place)


def _on_installed_entry(place: str) -> bool:
    """Whether the place is on a path entry that distributions were installed into (``pip install --target``)."""
    entries = [entry for entry in sys.path if entry and place.startswith(entry.rstrip(os.sep) + os.sep)]
    if not entries:
        return False
    try:
        return any(name.endswith(".dist-info") for name in os.listdir(max(entries, key=len)))
    except OSError:
        return False


def _is_own(place: str) -> bool:
    names = place.split(os.sep)
    for i, name in enumerate(names):
        if name in OWN_PACKAGES:
            top = os.sep.join(names[: i + 1])
            if os.path.isfile(os.path.join(top, "__init__.py")) and (
                _is_loaded_from(name, top) or os.path.dirname(top) in sys.path
            ):
                return True
    return False


def _is_loaded_from(name: str, top: str) -> bool:
    module = sys.modules.get(name)
    return top in map(os.path.normpath, getattr(module, "__path__", ()))
