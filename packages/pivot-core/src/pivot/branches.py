"""The records that git keeps: those of every branch, tag and stash, of the index, and of what is checked out anywhere.

Nothing is checked out; one ``git cat-file`` reads the trees, each of them once. Asked by whoever must not remove what a
record needs, so any doubt is an error and no omission.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pivot.errors import StorageError
from pivot.git import Objects, ask, demand

_ROOT_FORMAT = "%(objectname) %(objecttype) %(*objecttype)"
_UNFINISHED = ("HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "ORIG_HEAD")
_LISTED = 64 << 20  # bytes of one blob or tree; what is larger is no record


def git_records(root: Path) -> Iterator[bytes]:
    """Yield the bytes of all locks and ``.pvt`` files that git has, whatever is wrong with them, each once.

    But for those that are much larger than any that Pivot reads: a branch from a stranger may have them.
    Nothing where there is no repository. Raises StorageError where git or the repository cannot be used.
    """
    if not any(os.path.lexists(above / ".git") for above in (root, *root.parents)):
        return
    with Objects(root, limit=_LISTED, fetch=False) as objects:
        blobs = dict.fromkeys(_index(root))
        trees = set[tuple[str, bool]]()
        for commit in dict.fromkeys(_commits(root)):
            blobs |= dict.fromkeys(_records_in(objects, commit, trees))
        for blob in blobs:
            if (data := objects.read(blob)[1]) is not None:
                yield data


def is_shallow(root: Path) -> bool:
    """Say whether git has only a part of the history. Raises StorageError where it cannot be asked."""
    if not any(os.path.lexists(above / ".git") for above in (root, *root.parents)):
        return False
    return demand(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def is_record(path: str, home: bool) -> bool:
    """Say whether a file is a record by its name; ``home`` says that it is below a ``.pivot``."""
    return path.endswith(".pvt") or (home and path.endswith(".lock"))


def _commits(root: Path) -> Iterator[str]:
    """Yield what git would not throw away, and what it is in the middle of."""
    for line in demand(root, "for-each-ref", f"--format={_ROOT_FORMAT}").decode().splitlines():
        name, *kinds = line.split(" ")
        if kinds[-1] in ("commit", "tree") or kinds[0] in ("commit", "tree"):
            yield name
    for line in os.fsdecode(demand(root, "worktree", "list", "--porcelain")).splitlines():
        if line.startswith("HEAD ") and line.strip("HEAD 0"):
            yield line.removeprefix("HEAD ")
    for name in (*_UNFINISHED, "refs/stash"):
        found = ask(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found and name == "refs/stash":  # all that was stashed, with the index and the untracked files of each
            found = demand(root, "log", "--walk-reflogs", "--format=%H %P", name, "--")
        yield from (found or b"").decode().split()


def _index(root: Path) -> Iterator[str]:
    for line in os.fsdecode(demand(root, "ls-files", "--stage", "-z", "--full-name", ":/")).split("\0"):
        facts, _, path = line.partition("\t")
        if is_record(path, ".pivot/" in path) and facts.startswith("100"):
            yield facts.split(" ")[1]


def _records_in(objects: Objects, commit: str, seen: set[tuple[str, bool]]) -> Iterator[str]:
    width = len(commit) // 2  # of a name in a tree
    waiting = [(f"{commit}^{{tree}}", False)]
    while waiting:
        name, home = waiting.pop()
        if (name, home) in seen:
            continue
        seen.add((name, home))
        kind, data = objects.read(name)
        if kind != "tree" or data is None:
            kind = kind if data is not None else f"{kind} of more than {_LISTED >> 20} MiB"
            raise StorageError(f"git has a {kind} where a tree is expected: {name}")
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
