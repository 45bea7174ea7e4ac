"""``.pivotignore``: paths in a project that a watch does not care about, written as in ``.gitignore``."""

import os
from collections.abc import Callable
from pathlib import Path

from pivot.bounded import Unreadable, read_bounded

NAME = ".pivotignore"


def read_ignored(root: Path) -> Callable[[str], bool]:
    """Return what tells whether an absolute path is ignored; nothing is where there is no ``.pivotignore``."""
    try:
        data = read_bounded(root / NAME, follow=True)
    except Unreadable:
        return _nothing
    if data is None:
        return _nothing
    from pathspec import GitIgnoreSpec  # 20 ms, for projects with such a file

    spec = GitIgnoreSpec.from_lines(data.decode(errors="replace").splitlines())
    prefix = str(root) + os.sep
    return lambda path: path.startswith(prefix) and spec.match_file(path.removeprefix(prefix))


def _nothing(_: str) -> bool:
    return False
