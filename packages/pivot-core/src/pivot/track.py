"""The use case: track data that no stage makes. Its bytes go into the cache, what they are into a ``.pvt`` file.

What is refused is refused before anything is written. The ``.pvt`` file is the commit point: what it names is in the
cache by then. Nothing of the user's is imported; which stage makes what is read from the locks and the kept manifest.
"""

import os
from collections.abc import Iterator, Mapping, Set
from typing import Literal

from pivot.errors import PivotError, UsageError
from pivot.git import held_by_git
from pivot.gitignore import FILE as IGNORE
from pivot.gitignore import ignore
from pivot.outputs import confined
from pivot.paths import named, parents
from pivot.record import Damaged
from pivot.records import Records, find_records
from pivot.tracked import SUFFIX, read_tracked, write_tracked
from pivot.workspace import Workspace
from pivot_cache import Content, Scan
from pivot_fingerprint.named import NamedTuple

NAME_LIMIT = 255  # bytes of a file name


class Kept(NamedTuple):
    """What came of one path: ``new``, ``changed`` since it was tracked, or the ``same``.

    ``in_git`` says that git has the data under version control, too, so that ignoring it has no effect.
    """

    path: str
    fate: Literal["new", "changed", "same"]
    content: Content
    in_git: bool


class Options(NamedTuple):
    """What to track; ``force`` replaces a ``.pvt`` file that cannot be read. Relative paths begin at ``base``."""

    paths: tuple[str, ...]
    force: bool = False
    base: str = "."


def track(workspace: Workspace, options: Options) -> Iterator[Kept]:
    """Track each path, or record how it is now if it is tracked already.

    Raises UsageError for a path that cannot be tracked, before anything is written; StorageError, CacheError where the
    disk is in the way, or a directory has something that cannot be kept.
    """
    root = workspace.project.root
    records = find_records(root)
    made = _makers(workspace, records)
    tracked = {one.path for one in records.tracked}
    paths = list(dict.fromkeys(named(path, str(root), options.base) for path in options.paths))
    for path in paths:
        _check_place(workspace, path)
        _check_code(workspace, path)
        _check_claims(path, made, tracked.union(paths) - {path})
        found = read_tracked(root / f"{path}{SUFFIX}")
        if isinstance(found, Damaged) and not options.force:
            raise UsageError(found.problem, hint=f"to replace it by what is on disk now: pivot track -f {path}")
    workspace.store.hold()
    scan = Scan(workspace.state)
    for path in paths:
        yield _keep(workspace, scan, path)


def _check_place(workspace: Workspace, path: str) -> None:
    place = confined(workspace.project.root, path)
    if os.path.islink(place):
        raise UsageError(f"{path} is a symbolic link", hint="track what it points to, or replace it by a copy")
    if not os.path.exists(place):
        there = os.path.exists(place + SUFFIX)
        raise UsageError(
            f"{path} does not exist", hint=f"it is tracked; give it back with: pivot checkout {path}" if there else None
        )
    if path.endswith(SUFFIX):
        raise UsageError(f"{path} describes tracked data itself", hint=f"track the data: {path.removesuffix(SUFFIX)}")
    if os.path.basename(path) == IGNORE:
        raise UsageError(f"{path} is written by Pivot itself", hint="git keeps it")
    if len(os.fsencode(os.path.basename(path) + SUFFIX)) > NAME_LIMIT:
        raise UsageError(
            f"the name of {path} is too long: {SUFFIX} after it would make more than {NAME_LIMIT} bytes",
            hint="give it a shorter name, or put it into a directory and track that",
        )


def _check_code(workspace: Workspace, path: str) -> None:
    """Leave to git what the pipeline is made from, as far as the kept manifest tells: a clone needs that first."""
    manifest, own = workspace.kept_manifest(), workspace.project.relative(workspace.project.pipeline)
    for source in (own, *(one.name for one in (manifest.inputs if manifest else ()) if one.kind == "source")):
        if path in (source, *parents(source)):
            what = "is code" if path == source else f"has {source} in it,"
            raise UsageError(
                f"{path} {what} of which the pipeline is made", hint="keep code in git, and track the data beside it"
            )


def _makers(workspace: Workspace, records: Records) -> Mapping[str, str]:
    """Return who makes which path, as far as the locks and the kept manifest tell."""
    manifest = workspace.kept_manifest()
    declared = {
        out.path.rstrip("/"): stage.name for stage in (manifest.stages if manifest else ()) for out in stage.outs
    }
    return records.outputs() | declared


def _check_claims(path: str, made: Mapping[str, str], tracked: Set[str]) -> None:
    if path in made:
        raise _made(path, made[path])
    for outer in parents(path):
        if outer in made:
            raise UsageError(f"{path} lies in {outer}, which {made[outer]} makes", hint="track what no stage makes")
        if outer in tracked:
            raise UsageError(
                f"{path} lies in {outer}, which is tracked", hint=f"pivot track {outer} records the change"
            )
    for inner in (*made, *tracked):
        if path in parents(inner):
            why = f"{made[inner]} makes" if inner in made else "is tracked itself"
            raise UsageError(f"{path} has {inner} in it, which {why}", hint="track what else is in there one by one")


def _made(path: str, stage: str) -> PivotError:
    return UsageError(
        f"{path} is made by the stage {stage}, so it cannot be tracked",
        hint=f"pivot repro records it; if {stage} does not make it any more, delete its lock in .pivot/stages",
    )


def _keep(workspace: Workspace, scan: Scan, path: str) -> Kept:
    root = workspace.project.root
    file = root / f"{path}{SUFFIX}"
    content = workspace.store.save(root / path, scan=scan)
    ignore(root, [f"{path}/" if content.kind == "directory" else path])
    before = read_tracked(file)
    if before != content:
        write_tracked(file, content, durable=workspace.config.durable, within=root)
    fate: Literal["new", "changed", "same"] = "new" if before is None else "same" if before == content else "changed"
    return Kept(path, fate, content, held_by_git(root, path))
