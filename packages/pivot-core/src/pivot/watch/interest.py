"""Which paths concern a watch: what the manifest and the records name, and nothing that comes and goes by itself.

Pure: a path is judged by its name. An event only wakes; whether anything must run is decided from the disk, as always.
So what is judged of interest without being so costs a look, and nothing else.
"""

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from pivot.config import FILES, config_path
from pivot.lock import Lock
from pivot.manifest import Manifest
from pivot.project import Project
from pivot.record import Damaged
from pivot_fingerprint.named import NamedTuple

# What editors and tools put beside the file that they save.
_PASSING = (
    "4913",
    "*~",
    ".*.sw?",
    ".*.sw??",
    ".#*",
    "#*#",
    "*.tmp",
    "*___jb_*",
    ".goutputstream-*",
    "*.kate-swp",
    "sed??????",
)
_PASSING_DIRECTORIES = frozenset({".git", ".pivot", "__pycache__", ".ipynb_checkpoints"})
SOURCES = (".py", ".so", ".pth")  # what the import system finds modules in

type Concern = Literal["edit", "own"]


class Interest(NamedTuple):
    """Absolute paths: what stands for itself, what counts with all below it, and directories that are looked through.

    ``packages`` are directories in which modules are found, ``listings`` those whose names count. ``own`` are outputs
    and locks: a run writes them. ``ignored`` tells what ``.pivotignore`` names.
    """

    files: frozenset[str]
    trees: frozenset[str]
    listings: frozenset[str]
    packages: frozenset[str]
    own: frozenset[str]
    own_trees: frozenset[str]
    ignored: Callable[[str], bool]

    def concern(self, path: str) -> Concern | None:
        """Return whether something that happened to a path is an edit, perhaps a run's own work, or no concern."""
        if path in self.own or _is_below(path, self.own_trees):
            return "own"
        if self.ignored(path):
            return None
        if path in self.files or path in self.trees or path in self.listings or path in self.packages:
            return "edit"
        inside = path + "/"
        if any(known.startswith(inside) for known in self.files | self.trees | self.packages):
            return "edit"  # a directory above something of interest came, went, or was replaced
        if any(known.startswith(inside) for known in self.own | self.own_trees):
            return "own"
        if is_passing(path):
            return None
        directory, name = posixpath.split(path)
        if directory in self.listings or _is_below(path, self.trees):
            return "edit"
        if directory in self.packages and name.endswith(SOURCES):
            return "edit"
        return None

    def may_hold_modules(self, directory: str) -> bool:
        """Return whether a directory, should it be new, may be a package."""
        above, name = posixpath.split(directory)
        return above in self.packages and name.isidentifier() and not is_passing(directory + "/")

    def directories(self) -> frozenset[str]:
        """Return the directories whose entries must be watched; those of ``trees`` stand for all below them too."""
        named = (*self.files, *self.trees, *self.own, *self.own_trees)
        parents = {posixpath.dirname(path) for path in named}
        return frozenset(parents | self.trees | self.listings | self.packages | self.own_trees)


def nothing() -> Interest:
    """Return the interest of somebody who knows nothing yet."""
    none = frozenset[str]()
    return Interest(none, none, none, none, none, none, lambda _: False)


def interest_of(
    project: Project,
    manifest: Manifest,
    locks: Mapping[str, Lock | Damaged | None],
    lock_paths: Iterable[str],
    sources: Iterable[str],
    ignored: Callable[[str], bool],
) -> Interest:
    """Return what concerns a pipeline; ``sources`` are the files that its stages' code rests on."""
    root = str(project.root)
    own = {os.path.join(root, out.path) for stage in manifest.stages for out in stage.outs}
    files, trees, listings = {str(project.pipeline), os.path.join(root, ".pivotignore")}, set[str](), set[str]()
    for kind, name, _ in manifest.inputs:
        if kind in ("source", "file", "absent"):
            files.add(os.path.join(root, name))
        elif kind == "listing":
            listings.add(os.path.join(root, name))
    for path in (os.path.join(root, path) for path in _inputs(manifest, locks)):
        (trees if path.endswith("/") else files).add(path.rstrip("/"))
    for read in (read for one in locks.values() if isinstance(one, Lock) for read in one.reads):
        place = os.path.normpath(os.path.join(root, read.removesuffix("/.")))
        (listings if read.endswith("/") else files).add(place)
    files.update(sources)
    packages = {posixpath.dirname(file) for file in files if file.endswith(".py")} | {
        root,
        str(project.pipeline.parent),
    }
    files |= {str(config_path(project.root, scope)) for scope in FILES}
    return Interest(
        frozenset(files),
        frozenset(trees),
        frozenset(listings),
        frozenset(packages),
        frozenset({path.rstrip("/") for path in own} | set(lock_paths)),
        frozenset(path.rstrip("/") for path in own if path.endswith("/")),
        ignored,
    )


def is_passing(path: str) -> bool:
    """Return whether a name is one that editors and tools give to files that are not there to stay."""
    *above, name = path.split("/")
    return not _PASSING_DIRECTORIES.isdisjoint(above) or any(fnmatchcase(name, pattern) for pattern in _PASSING)


def _inputs(manifest: Manifest, locks: Mapping[str, Lock | Damaged | None]) -> Iterator[str]:
    made = {out.path.rstrip("/") for stage in manifest.stages for out in stage.outs}
    for stage in manifest.stages:
        yield from (dep.path for dep in stage.deps if dep.path.rstrip("/") not in made)


def _is_below(path: str, trees: frozenset[str]) -> bool:
    return any(path.startswith(tree + "/") for tree in trees)
