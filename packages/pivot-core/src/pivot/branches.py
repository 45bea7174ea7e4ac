"""The records that git keeps: those of every branch, tag and stash, of the index, and of what is checked out anywhere.

Nothing is checked out; one ``git cat-file`` reads the trees, each of them once. Asked by whoever must not remove what a
record needs, so any doubt is an error and no omission.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pivot.errors import StorageError

_ROOT_FORMAT = "%(objectname) %(objecttype) %(*objecttype)"
_UNFINISHED = ("HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "ORIG_HEAD")
_INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
_LISTED = 64 << 20  # bytes of one blob or tree; what is larger is no record


def git_records(root: Path) -> Iterator[bytes]:
    """Yield the bytes of all locks and ``.pvt`` files that git has, whatever is wrong with them, each once.

    Nothing where there is no repository. Raises StorageError where git or the repository cannot be used.
    """
    if not any(os.path.lexists(above / ".git") for above in (root, *root.parents)):
        return
    with _Objects(root) as objects:
        blobs = dict.fromkeys(_index(root))
        trees = set[tuple[str, bool]]()
        for commit in dict.fromkeys(_commits(root)):
            blobs |= dict.fromkeys(_records_in(objects, f"{commit}^{{tree}}", trees))
        for blob in blobs:
            yield objects.read(blob)[1]


def is_record(path: str, home: bool) -> bool:
    """Say whether a file is a record by its name; ``home`` says that it is below a ``.pivot``."""
    return path.endswith(".pvt") or (home and path.endswith(".lock"))


def _commits(root: Path) -> Iterator[str]:
    """Yield what git would not throw away, and what it is in the middle of."""
    for line in _ask(root, "for-each-ref", f"--format={_ROOT_FORMAT}").splitlines():
        name, *kinds = line.split(" ")
        if kinds[-1] in ("commit", "tree") or kinds[0] in ("commit", "tree"):
            yield name
    for line in _ask(root, "worktree", "list", "--porcelain").splitlines():
        if line.startswith("HEAD ") and line.strip("HEAD 0"):
            yield line.removeprefix("HEAD ")
    for name in _UNFINISHED:
        yield from _ask(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", may_fail=True).split()
    if _ask(root, "rev-parse", "--verify", "--quiet", "refs/stash", may_fail=True):
        yield from _ask(root, "log", "--walk-reflogs", "--format=%H %P", "refs/stash", "--").split()


def _index(root: Path) -> Iterator[str]:
    for line in _ask(root, "ls-files", "--stage", "-z", "--full-name", ":/").split("\0"):
        facts, _, path = line.partition("\t")
        if is_record(path, ".pivot/" in path) and facts.startswith("100"):
            yield facts.split(" ")[1]


def _records_in(objects: "_Objects", top: str, seen: set[tuple[str, bool]]) -> Iterator[str]:
    waiting = [(top, False)]
    while waiting:
        name, home = waiting.pop()
        if (name, home) in seen:
            continue
        seen.add((name, home))
        kind, data = objects.read(name)
        if kind != "tree":
            raise StorageError(f"git has a {kind} where a tree is expected: {name}")
        width = objects.width
        at = 0
        while at < len(data):
            end = data.index(b"\0", at)
            mode, _, entry = data[at:end].partition(b" ")
            at = end + 1 + width
            path, oid = os.fsdecode(entry), data[end + 1 : at].hex()
            if mode == b"40000":
                waiting.append((oid, home or path == ".pivot"))
            elif mode.startswith(b"100") and is_record(path, home):
                yield oid


class _Objects:
    """A ``git cat-file --batch``, asked one object at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.width = 32 if _ask(root, "rev-parse", "--show-object-format").strip() == "sha256" else 20
        self._process = subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )

    def read(self, name: str) -> tuple[str, bytes]:
        """Return the kind and the bytes of an object."""
        process = self._process
        assert process.stdin and process.stdout
        try:
            process.stdin.write(f"{name}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise self._broken(name) from None
        _, _, facts = process.stdout.readline().decode(errors="replace").partition(" ")
        kind, _, size = facts.strip().partition(" ")
        if not size.isdecimal() or int(size) > _LISTED:
            raise self._broken(name)
        data = process.stdout.read(int(size))
        process.stdout.read(1)
        if len(data) != int(size):
            raise self._broken(name)
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


def _ask(root: Path, *words: str, may_fail: bool = False) -> str:
    """Return what git prints; raise StorageError if it says no, unless that is an answer, too."""
    try:
        ended = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False, env=_environment())
    except OSError as error:
        raise StorageError(f"cannot run git: {error.strerror}", hint="install git, or add it to PATH") from error
    if ended.returncode and not may_fail:
        problem = ended.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise StorageError(f"git cannot read the repository of {root}: {problem}")
    return os.fsdecode(ended.stdout) if not ended.returncode else ""


def _environment() -> dict[str, str]:
    """Return an environment in which git reads this repository, writes nothing, and fetches nothing."""
    kept = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
