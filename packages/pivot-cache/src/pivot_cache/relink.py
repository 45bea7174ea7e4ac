"""Files whose bytes are right, brought into another mode: from a copy to a link to the object, and back.

Whoever calls knows that the content is there (a scan said so); what is there instead of it is never touched. How a
file is made in a mode is for ``build``, how it takes its place for ``restore``.
"""

import os
import stat
from typing import NamedTuple

from pivot_cache.content import DIRECTORY, EXECUTABLE, LINK, Content, Mode
from pivot_cache.level import is_object_path
from pivot_cache.objects import Objects
from pivot_cache.restore import Restore
from pivot_cache.scan import Scan
from pivot_cache.tree import TreeEntry


class Links(NamedTuple):
    """How many files changed their mode, and how many stayed copies because the file system cannot link them."""

    changed: int
    refused: int


class Relink:
    """One content brought into a mode."""

    def __init__(self, objects: Objects, mode: Mode, within: str | None = None) -> None:
        self._objects = objects
        self._mode = mode
        self._restore = Restore(objects, mode, Scan(), within)
        self._changed = 0
        self._refused = 0

    def __call__(self, content: Content, path: str) -> Links:
        """Bring every file of the content, which is at the path, into the mode; see ``LocalStore.relink``."""
        try:
            self._visit(content, path, 0)
        finally:
            self._restore.close()
        return Links(self._changed, self._refused)

    def _visit(self, content: Content | TreeEntry, path: str, depth: int) -> None:
        if content.kind == DIRECTORY:
            for entry in self._objects.tree(content.digest):
                self._visit(entry, f"{path}/{entry.name}", depth + 1)
        elif content.kind != LINK:
            self._bring(content, path, depth)

    def _bring(self, content: Content | TreeEntry, path: str, depth: int) -> None:
        wanted = self._mode if self._mode in ("hardlink", "symlink") and content.kind != EXECUTABLE else "own"
        found = self._form(content, path)
        if found in (wanted, None):
            return
        if wanted != "own" and self._refused and found == "own":
            self._refused += 1  # one refusal is enough: to copy every file once more would change nothing
            return
        self._restore.write(content, path, depth)
        after = self._form(content, path)
        self._changed += after != found
        self._refused += after != wanted

    def _form(self, content: Content | TreeEntry, path: str) -> str | None:
        """Return how a file has its bytes: ``own``, ``hardlink``, ``symlink``, or a link to an object ``elsewhere``.

        None stands for what is not ours to change.
        """
        try:
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                if status.st_nlink == 1:
                    return "own"
                there = self._objects.status(content.digest)
                return "hardlink" if there is not None and os.path.samestat(status, there) else "own"
            target = os.readlink(path)
        except OSError:
            return None
        if not is_object_path(target):
            return None
        return "symlink" if target == self._objects.layout.object_path(content.digest) else "elsewhere"


def is_unlinked(path: str, kind: str) -> bool:
    """Say whether the file at the path, or every one below it, is plainly its own: nowhere a link of any kind."""
    try:
        if kind != DIRECTORY:
            status = os.lstat(path)
            return status.st_nlink == 1 and stat.S_ISREG(status.st_mode)
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not is_unlinked(entry.path, DIRECTORY):
                        return False
                elif entry.is_symlink() or entry.stat(follow_symlinks=False).st_nlink != 1:
                    return False
    except OSError:
        return False
    return True
