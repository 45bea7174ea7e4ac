"""What git says: the files of a revision, and which files it has itself. Read-only; no work tree is touched.

Only commands that name a revision, and ``track``, ask git; a run never does. What the files mean is for the callers.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pivot.errors import StorageError, UsageError

_OF_HOOKS = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"))


class Revision(NamedTuple):
    """A commit, as seen from the project root ``root``, which is the git root or below it."""

    root: Path
    name: str  # as the user wrote it
    commit: str

    def files(self) -> dict[str, str]:
        """Return the files at and below the project root: path relative to it, and the name of git's blob."""
        listed = _ask(self.root, "ls-tree", "-r", "-z", self.commit) or b""
        found: dict[str, str] = {}
        for line in listed.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, blob = facts.decode().split(" ")
            if mode.startswith("100"):  # neither links nor submodules
                found[os.fsdecode(path)] = blob
        return found

    def read(self, blobs: Iterable[str]) -> Iterator[bytes]:
        """Yield the bytes of blobs, in their order."""
        wanted = list(blobs)
        data = _ask(self.root, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode()) or b""
        at = 0
        for _ in wanted:
            end = data.index(b"\n", at)
            size = int(data[at:end].rsplit(b" ", 1)[1])
            yield data[end + 1 : end + 1 + size]
            at = end + size + 2


def find_revision(root: Path, name: str) -> Revision:
    """Return the commit that a name (branch, tag, ``HEAD~2``, …) stands for.

    Raises UsageError where there is none, or no git repository; StorageError where there is no git.
    """
    if _ask(root, "rev-parse", "--git-dir") is None:
        raise UsageError(f"{root} is in no git repository, so it has no revisions")
    commit = _ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        raise UsageError(f"git knows no revision {name!r}", hint="name a branch, a tag or a commit, such as HEAD~1")
    return Revision(root, name, commit.decode().strip())


def held_by_git(root: Path, path: str) -> bool:
    """Return whether git has a path, or something below it, under version control; False without git."""
    if not any((above / ".git").exists() for above in (root, *root.parents)):
        return False
    return bool(_ask(root, "ls-files", "-z", "--", f":(literal){path}"))


def _ask(root: Path, *words: str, given: bytes = b"") -> bytes | None:
    """Return what git prints; None if it says no."""
    inherited = {name: text for name, text in os.environ.items() if name not in _OF_HOOKS}
    environment = inherited | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        ended = subprocess.run(
            ["git", *words], cwd=root, input=given, capture_output=True, check=False, env=environment
        )
    except OSError as error:
        raise StorageError(f"cannot run git: {error.strerror}", hint="install git, or add it to PATH") from error
    return ended.stdout if ended.returncode == 0 else None
