"""What git says: the files of a revision, objects, and which files it has itself. Nothing else of Pivot runs git.

Read-only; no work tree is touched, and a run never asks. What the files mean is for the callers.
"""

import math
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pivot.errors import StorageError, UsageError
from pivot_fingerprint.named import NamedTuple

_PIECE = 1 << 20
_NO_NAMES = frozenset((b"", b".", b".."))
_OF_HOOKS = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"))


class Revision(NamedTuple):
    """A commit, as seen from the project root ``root``, which is the git root or below it."""

    root: Path
    name: str  # as the user wrote it
    commit: str

    def files(self) -> dict[str, str]:
        """Return the files at and below the project root: path relative to it, and the name of git's blob."""
        listed = ask(self.root, "ls-tree", "-r", "-z", self.commit) or b""
        found: dict[str, str] = {}
        for line in listed.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, blob = facts.decode().split(" ")
            inside = _NO_NAMES.isdisjoint(path.split(b"/"))  # git fetches trees in which any name may stand
            if mode.startswith("100") and inside:  # neither links nor submodules
                found[os.fsdecode(path)] = blob
        return found

    def read(self, blobs: Iterable[str], limit: float = math.inf) -> Iterator[bytes | None]:
        """Yield the bytes of blobs, in their order; None for one of more than ``limit`` bytes."""
        with Objects(self.root, limit=limit) as objects:
            for blob in blobs:
                yield objects.read(blob)[1]


def find_revision(root: Path, name: str) -> Revision:
    """Return the commit that a name (branch, tag, ``HEAD~2``, …) stands for.

    Raises UsageError where there is none, or no git repository; StorageError where there is no git.
    """
    if ask(root, "rev-parse", "--git-dir") is None:
        raise UsageError(f"{root} is in no git repository, so it has no revisions")
    commit = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        raise UsageError(f"git knows no revision {name!r}", hint="name a branch, a tag or a commit, such as HEAD~1")
    return Revision(root, name, commit.decode().strip())


def held_by_git(root: Path, path: str) -> bool:
    """Return whether git has a path, or something below it, under version control; False without git."""
    if not any((above / ".git").exists() for above in (root, *root.parents)):
        return False
    return bool(ask(root, "ls-files", "-z", "--", f":(literal){path}"))


class Objects:
    """A ``git cat-file --batch``, asked one object at a time; one of more than ``limit`` bytes is passed over.

    Without ``fetch`` git gets nothing from elsewhere that a partial clone lacks.
    """

    def __init__(self, root: Path, *, limit: float = math.inf, fetch: bool = True) -> None:
        self._root = root
        self._limit = limit
        try:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"],
                cwd=root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment() | ({} if fetch else {"GIT_NO_LAZY_FETCH": "1"}),
            )
        except OSError as error:
            raise _no_git(error) from error

    def read(self, name: str) -> tuple[str, bytes | None]:
        """Return the kind and the bytes of an object; None for those of one that is larger than the limit."""
        process = self._process
        assert process.stdin and process.stdout
        try:
            process.stdin.write(f"{name}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise self._broken(name) from None
        _, _, facts = process.stdout.readline().decode(errors="replace").partition(" ")
        kind, _, size = facts.strip().partition(" ")
        if not size.isdecimal():
            raise self._broken(name)
        left = int(size)
        data = process.stdout.read(left) if left <= self._limit else None
        left -= len(data or b"")
        while left and (passed := process.stdout.read(min(left, _PIECE))):
            left -= len(passed)
        if left:
            raise self._broken(name)
        process.stdout.read(1)
        return kind, data

    def _broken(self, name: str) -> StorageError:
        return StorageError(
            f"git cannot read {name} of {self._root}", hint="git fsck says more; fetch what the repository lacks"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def ask(root: Path, *words: str) -> bytes | None:
    """Return what git prints; None if it says no."""
    ended = _run(root, words)
    return None if ended.returncode else ended.stdout


def demand(root: Path, *words: str) -> bytes:
    """Return what git prints; raise StorageError if it says no."""
    ended = _run(root, words)
    if ended.returncode:
        problem = ended.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise StorageError(f"git cannot read the repository of {root}: {problem}")
    return ended.stdout


def _run(root: Path, words: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, check=False, env=_environment())
    except OSError as error:
        raise _no_git(error) from error


def _no_git(error: OSError) -> StorageError:
    return StorageError(f"cannot run git: {error.strerror}", hint="install git, or add it to PATH")


def _environment() -> dict[str, str]:
    """Return an environment in which git reads the repository at hand, and writes nothing."""
    inherited = {name: text for name, text in os.environ.items() if name not in _OF_HOOKS}
    return inherited | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
