"""What a watch keeps an eye on: the present interest and the directories that are watched for it.

Asks the disk what ``interest`` needs to know, and tells ``files`` where to listen.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from time import time

from pivot.errors import PivotError
from pivot.look import Look
from pivot.project import Project
from pivot.watch.files import Files, subdirectories
from pivot.watch.ignore import read_ignored
from pivot.watch.interest import interest_of, nothing
from pivot.watch.messages import Changed
from pivot.workspace import Workspace
from pivot_cache.errors import CacheError

_TOOLS = ("__pycache__", "node_modules")
STALE = 30.0  # seconds after which a lock of git is one that was left behind
MOST = 2000  # directories that are watched while there is no plan that says which matter


class Field:
    """The watched part of the disk; ``post`` is sent ``Changed`` from another thread."""

    def __init__(self, project: Project, post: Callable[[Changed], None], debounce: int) -> None:
        self._project = project
        self._post = post
        self._files = Files(lambda paths: post(Changed(paths)), debounce)
        self._interest = nothing()
        self._git_lock = os.path.join(_git_directory(str(project.root)), "index.lock")
        self._trees: dict[str, tuple[str, ...]] = {}  # directories that count whole, and all below them

    @property
    def size(self) -> int:
        """How many files and directories are of interest."""
        return len(self._interest.files | self._interest.trees)

    def close(self) -> None:
        """Hear of nothing any more."""
        self._files.close()

    def sort(self, paths: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the paths that are edits, and those that may be a run's own work; the others are no concern."""
        edits, own = set[str](), set[str]()
        for path in paths:
            match self._interest.concern(path):
                case "edit":
                    edits.add(path)
                case "own":
                    own.add(path)
                case None if self._interest.may_hold_modules(path) and os.path.isdir(path):
                    edits.add(path)
            for tree in [
                tree for tree in self._trees if tree == path or _is_inside(path, tree) or _is_inside(tree, path)
            ]:
                del self._trees[tree]
        return frozenset(edits), frozenset(own)

    def shown(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return paths as people read them: relative to the root, in order."""
        return tuple(sorted(self._project.relative(path) for path in paths))

    def git_is_busy(self) -> bool:
        """Return whether git is writing files just now."""
        try:
            return time() < os.stat(self._git_lock).st_mtime + STALE
        except OSError:
            return False

    def settle(self, workspace: Workspace, look: Look) -> None:
        """Watch what concerns the pipeline as it is now."""
        stages = look.manifest.stages
        locks = {stage.name: workspace.lock(stage) for stage in stages}
        places = [str(workspace.lock_path(stage)) for stage in stages]
        ignored = read_ignored(self._project.root)
        self._interest = interest_of(self._project, look.manifest, locks, places, look.sources.seen, ignored)
        self._listen(self._interest.directories())

    def settle_unplanned(self, error: PivotError | CacheError) -> None:
        """Watch everything below the root as well, since nobody knows what would mend the error."""
        root = str(self._project.root)
        ignored = read_ignored(self._project.root)
        files = {os.path.join(root, file)} if (file := getattr(error, "file", None)) else set[str]()
        everywhere = frozenset(_directories(root, ignored)) | {os.path.dirname(file) for file in files}
        known = self._interest
        self._interest = known._replace(
            files=known.files | files, listings=known.listings | everywhere, ignored=ignored
        )
        self._listen(self._interest.directories())

    def _listen(self, directories: Iterable[str]) -> None:
        trees = self._interest.trees | self._interest.own_trees
        self._trees = {tree: self._trees.get(tree) or tuple(subdirectories(tree)) for tree in trees}
        below = (one for tree in self._trees.values() for one in tree)
        if self._files.watch((*directories, *below)):
            self._post(Changed(frozenset()))  # something may have happened before anybody listened


def _git_directory(root: str) -> str:
    """Return where git keeps its index for a directory, which may be below the top of its work tree."""
    above = root
    while not os.path.exists(os.path.join(above, ".git")) and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    found = os.path.join(above, ".git")
    try:
        with open(found, encoding="utf-8", errors="surrogateescape") as link:  # of a linked work tree, or a submodule
            return os.path.join(above, link.read(4096).removeprefix("gitdir:").strip())
    except OSError:
        return found if os.path.isdir(found) else os.path.join(root, ".git")


def _directories(root: str, ignored: Callable[[str], bool]) -> Iterator[str]:
    waiting = [root]
    count = 0
    while waiting and count < MOST:
        directory = waiting.pop(0)
        try:
            with os.scandir(directory) as found:
                entries = list(found)
        except OSError:
            continue
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        count += 1
        yield directory
        below = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")]
        waiting += [one.path for one in below if one.name not in _TOOLS and not ignored(one.path)]


def _is_inside(path: str, directory: str) -> bool:
    return path.startswith(directory + "/")
