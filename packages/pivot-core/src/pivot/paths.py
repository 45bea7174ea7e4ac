"""Declared paths: as written, relative to a pipeline's directory; as used, absolute; as recorded, relative to the root.

Text only: whether something is at a path is asked elsewhere. A path that ends in ``/`` is a directory's.
"""

import os
from collections.abc import Iterator

from pivot.errors import DeclarationError, UsageError
from pivot_cache.repository import is_repository

OURS = ".pivot"
_NAME_LIMIT = 255  # bytes
_PATH_LIMIT = 4096


def resolve(path: object, directory: str) -> str:
    """Return a declared path as an absolute and normal one; the slash that marks a directory stays.

    Raises DeclarationError.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(text := os.fspath(path), bytes):
        raise DeclarationError(
            f"a path must be a str, not a value of type {type(path).__qualname__}",
            hint='write pivot.Dep("path", loader) or pivot.Out("path", loader)',
        )
    if not _writable(text):
        raise DeclarationError(f"the path {text!r} has a character that no line of a record can hold", hint="rename it")
    if is_long(text):
        raise DeclarationError(f"the path {text[:40]}… is longer than a file system takes", hint="shorten its names")
    if os.path.isabs(text):
        raise DeclarationError(
            f"the path {text} is absolute",
            hint="write it relative to the directory of the file that makes the pipeline",
        )
    normal = os.path.normpath(text)
    if not text or normal == ".":
        raise DeclarationError(f"the path {text!r} is the pipeline's own directory", hint="name something inside it")
    slash = "/" if text.endswith("/") else ""
    return os.path.normpath(os.path.join(directory, normal)) + slash


def below(path: str, root: str) -> str:
    """Return an absolute path that ``resolve`` made as one relative to the project root.

    Raises DeclarationError if it lies outside, or among the files of git or Pivot.
    """
    relative = path.removeprefix(root.rstrip("/") + "/")
    if relative == path or not relative:
        outside = os.path.relpath(path, root)
        problem = "the path is the project itself" if outside == "." else f"the path {outside} leaves the project"
        raise DeclarationError(problem, hint=f"the project is {root}; keep what stages read and write inside it")
    name = reserved(relative)
    if name is not None:
        raise DeclarationError(
            f"the path {relative} lies in {name}, which is not for data", hint="name one outside of it"
        )
    return relative


def named(path: str, root: str, base: str) -> str:
    """Return a path of the command line, absolute or relative to ``base``, as one relative to the project root.

    ``base`` is relative to the root. Raises UsageError for what a record cannot name.
    """
    if not _writable(path):
        raise UsageError(f"the name {path!r} has a character that no line of a record can hold", hint="rename it")
    try:
        return below(os.path.normpath(os.path.join(root, base, path)), root)
    except DeclarationError as error:
        raise UsageError(error.problem, hint=error.hint) from None


def parents(path: str) -> Iterator[str]:
    """Yield the directories above a path, nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def is_long(path: str) -> bool:
    """Return whether no file system takes a path: for one of its names, or as a whole."""
    if len(path) <= _NAME_LIMIT // 4:  # bytes of a character
        return False
    return len(os.fsencode(path)) >= _PATH_LIMIT or any(len(os.fsencode(n)) > _NAME_LIMIT for n in path.split("/"))


def reserved(path: str) -> str | None:
    """Return the name on a path under which git or Pivot keeps its own files on some file system; None without one.

    What stands in a repository may be executed.
    """
    folded = path.casefold()
    if path.isascii() and "git" not in folded and OURS not in folded:
        return None
    return next((name for name in path.split("/") if name.casefold() == OURS or is_repository(name)), None)


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not any(character in text for character in "\0\n\r")
