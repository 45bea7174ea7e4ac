"""Keeping out of git what the cache keeps: a marked block in the ``.gitignore`` beside each path.

Lines of the user are never touched, and a line that is there is not written again.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from pivot.bounded import Unreadable, read_bounded
from pivot.errors import StorageError
from pivot_cache import write_atomic

FILE = ".gitignore"
MARK = "# Pivot: kept in the cache"


def ignore(root: Path, paths: Iterable[str]) -> None:
    """Name each path (relative to the root; a directory's ends in ``/``) in the ``.gitignore`` beside it."""
    by_directory: dict[str, list[str]] = {}
    for path in paths:
        directory, _, name = path.rstrip("/").rpartition("/")
        by_directory.setdefault(directory, []).append("/" + _escape(name) + ("/" if path.endswith("/") else ""))
    for directory, names in by_directory.items():
        _add(root, root / directory / FILE, names)


def _add(root: Path, file: Path, names: Iterable[str]) -> None:
    try:
        text = os.fsdecode(read_bounded(file) or b"")
    except Unreadable as error:
        raise StorageError(f"cannot name there what the cache keeps: {error}", hint="make it a plain file") from None
    lines = text.splitlines()
    missing = [name for name in names if name not in lines]
    if not missing:
        return
    if MARK not in lines:
        lines += ["", MARK] if lines else [MARK]
    begin = end = lines.index(MARK) + 1
    while end < len(lines) and lines[end].startswith("/"):
        end += 1
    lines[begin:end] = sorted([*lines[begin:end], *missing])  # the same whichever stage was done first
    write_atomic(file, os.fsencode("\n".join(lines) + "\n"), durable=False, within=root)


def _escape(name: str) -> str:
    """Write a file name as a pattern that matches nothing else."""
    special = "".join(f"\\{char}" if char in "*?[\\" else char for char in name)
    return special[:-1] + "\\ " if special.endswith(" ") else special
