"""On whose behalf a file is accessed: from the stack to whether project code asks, or Python itself.

Much of the standard library looks at files for its own purposes: ``makedirs`` asks which levels are there,
``shutil.copy`` whether the target is the source, ``traceback`` whether a source changed, and importing reads sources.
Such accesses are no inputs of the project.
"""

import os
from collections.abc import Callable
from types import FrameType
from typing import Literal

from pivot_fingerprint.environment import CONFIGURATION_READERS
from pivot_fingerprint.importing import OWN_PACKAGES

type _Role = Literal["caller", "itself", "code"]

OWN = os.path.dirname(__file__) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_INSTALLED = ("site-packages", "dist-packages")

# Where sources are read to import, compile or show them rather than as data.
_IMPORTLIB = ("<frozen importlib", f"{_STANDARD_LIBRARY}importlib")
_TOKENIZE = f"{_STANDARD_LIBRARY}tokenize.py"
_LINES = (_TOKENIZE, f"{_STANDARD_LIBRARY}linecache.py")
_SOURCE_READERS = (
    *_IMPORTLIB,
    "<frozen zipimport",
    *(f"{_STANDARD_LIBRARY}{name}" for name in ("inspect.py", "linecache.py", "pkgutil.py")),
    *(f"{_STANDARD_LIBRARY}{name}" for name in ("py_compile.py", "zipimport.py")),
)

# Modules of the standard library that ask for their own purposes, and the functions where it is the other way round.
_FOR_THEMSELVES = frozenset(
    {
        "compileall", "importlib", "inspect", "linecache", "logging", "multiprocessing", "os", "pkgutil", "py_compile",
        "runpy", "shutil", "subprocess", "tempfile", "tokenize", "traceback", "zipimport",
    }
)  # fmt: skip
_FOR_THEIR_CALLER = frozenset({"which", "_access_check"})
_ABOUT_LINKS = frozenset({"realpath", "_joinrealpath", "ismount"})
_READERS = CONFIGURATION_READERS | {"dotenv"}

# The functions of importlib, and of ``importing``, that tell what is going on.
_COMPILING = frozenset({"get_code", "_get_code"})
_BY_NAME = frozenset({"_find_and_load", "_load", "reload"})

_roles: dict[str, _Role] = {}


def reads_sources(frame: FrameType) -> bool:
    """Whether a source is read in order to import, compile or show it."""
    if frame.f_code.co_filename == _TOKENIZE and frame.f_back is not None:  # tokenize.open reads for its caller
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(_SOURCE_READERS)


def shows_lines(frame: FrameType, is_project: Callable[[str], bool]) -> bool:
    """Whether project code asks ``linecache`` for lines of a file; others ask it for those that a traceback shows."""
    asker: FrameType | None = frame
    while asker is not None and asker.f_code.co_filename in _LINES:
        asker = asker.f_back
    return asker is not None and is_project(asker.f_code.co_filename)


def loads_by_path(frame: FrameType) -> bool:
    """Whether a source is read to be executed though nobody imports it by name: ``spec_from_file_location``."""
    functions = set()
    asker: FrameType | None = frame
    while asker is not None and asker.f_code.co_filename.startswith(_IMPORTLIB):
        functions.add(asker.f_code.co_name)
        asker = asker.f_back
    if _COMPILING.isdisjoint(functions):
        return False
    return "_load_module_shim" in functions or _BY_NAME.isdisjoint(functions)


def imports_by_statement(frame: FrameType | None) -> bool:
    """Whether the top level of a module imports this, or something inside it: then its source says so."""
    while frame is not None and frame.f_code.co_filename.startswith(_IMPORTLIB):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "<module>"


def looks_for_plugins(frame: FrameType, is_project: Callable[[str], bool]) -> bool:
    """Whether project code asks ``pkgutil`` which modules there are; other listings are the import system's own."""
    asker: FrameType | None = frame
    while asker is not None and asker.f_code.co_filename == _STANDARD_LIBRARY + "pkgutil.py":
        asker = asker.f_back
    return asker is not None and asker is not frame and is_project(asker.f_code.co_filename)


def asks_for_project(frame: FrameType | None, is_project: Callable[[str], bool]) -> bool:
    """Whether project code asks, by itself or through functions of the standard library that ask on its behalf.

    True as well for libraries that look for settings, and for a thread that executes nothing but the standard library:
    somebody gave it the question.
    """
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        role = _role_of(file)
        if role == "code":
            return is_project(file) or str(frame.f_globals.get("__name__")).partition(".")[0] in _READERS
        if role == "itself" and code.co_name not in _FOR_THEIR_CALLER:
            return False
        if code.co_name in _ABOUT_LINKS:
            return False
        frame = frame.f_back
    return True


def asks_for_library(frame: FrameType | None) -> bool:
    """Whether code of an installed library but Pivot asks, by itself or through functions that ask on its behalf."""
    while frame is not None:
        code = frame.f_code
        role = _role_of(code.co_filename)
        if role == "code":
            return str(frame.f_globals.get("__name__")).partition(".")[0] not in OWN_PACKAGES
        if role == "itself" or code.co_name in _ABOUT_LINKS:
            return False
        frame = frame.f_back
    return False


def names_it(frame: FrameType | None, place: str, roots: tuple[str, ...], is_project: Callable[[str], bool]) -> bool:
    """Whether project code asks for a place outside of the project, by itself or by giving its name to a library.

    What libraries look for of their own accord belongs to the machine.
    """
    library: FrameType | None = None
    while frame is not None:
        file = frame.f_code.co_filename
        if _role_of(file) == "code":
            if is_project(file):
                return library is None or _is_given(library, place, roots)
            library = frame
        frame = frame.f_back
    return False


def _is_given(frame: FrameType, place: str, roots: tuple[str, ...]) -> bool:
    """Whether a call got the path as an argument, or that of a directory above it which is not above the project."""
    for value in frame.f_locals.values():
        inside = value.values() if type(value) is dict else value if type(value) in (tuple, list) else ()
        for one in (value, *inside):
            if isinstance(one, str | bytes | os.PathLike):
                given = os.path.join(os.path.abspath(os.fsdecode(one)), "")
                if f"{place}{os.sep}".startswith(given) and not any(
                    f"{root}{os.sep}".startswith(given) for root in roots
                ):
                    return True
    return False


def acts_for_project(frame: FrameType | None, is_project: Callable[[str], bool]) -> bool:
    """Whether project code is the first on the stack that is not the standard library's."""
    while frame is not None:
        file = frame.f_code.co_filename
        role = _role_of(file)
        if role == "code":
            return is_project(file)
        frame = frame.f_back
    return False


def _role_of(file: str) -> _Role:
    role = _roles.get(file)
    if role is None:
        role = _roles[file] = _role(file)
    return role


def _role(file: str) -> _Role:
    if file.startswith(OWN):
        return "itself"
    if file.startswith("<frozen "):
        module = file[len("<frozen ") :].rstrip(">").replace(".", os.sep)
    elif file.startswith(_STANDARD_LIBRARY):
        module = file.removeprefix(_STANDARD_LIBRARY).removesuffix(".py")
    else:
        return "code" if os.path.isabs(file) else "caller"  # code made from text counts as part of who executes it
    if module.startswith(_INSTALLED):
        return "code"
    if module.startswith("importlib/resources"):
        return "caller"
    return "itself" if module.partition(os.sep)[0] in _FOR_THEMSELVES else "caller"
