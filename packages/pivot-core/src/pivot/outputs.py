"""Outputs in the workspace: removing them before a run, giving them back from the cache.

The ownership rule lives here: Pivot overwrites or deletes a file only if its bytes are in the cache. Whatever else is
at an output's path is saved to the cache first, and said.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pivot.errors import StorageError
from pivot.lock import Lock
from pivot.paths import reserved
from pivot.workspace import Workspace
from pivot_cache import Content, Mode, Scan, SourceError
from pivot_cache.enclosure import Enclosure, remove
from pivot_cache.errors import printable
from pivot_cache.level import is_object_path

if TYPE_CHECKING:
    from pivot.look import Look
    from pivot.observation import Observation

_NO_NAMES = frozenset(("", ".", ".."))
GIVES_BACK = "pivot get, with that path and -o NAME, gives it back"


def clear_outputs(workspace: Workspace, look: "Look", now: "Observation", *, pending: bool = False) -> Iterator[str]:
    """Remove what is at the outputs' paths before a run; yield a sentence for each file that was saved first.

    ``pending`` says that a result which was not committed may be replaced by the next such, without being kept.
    """
    replaced = workspace.pending.read(now.stage) if pending else None
    for out in now.stage.outs:
        path = confined(look.project.root, out.path)
        content = _found(look, out.path)
        if content is None:
            yield from _remove_lost_link(look.project.root, path, out.path)
            continue
        if not (replaced and out.path in replaced.outputs and replaced.outputs[out.path].content == content):
            yield from _save(workspace, look, out.path, content)
        with Enclosure(look.project.root) as inside:
            remove(inside.spot(path))
        look.scan.forget(path)
    workspace.pending.drop(now.stage)


def restore_outputs(
    workspace: Workspace, look: "Look", now: "Observation", trace: Lock, *, pending: bool = False
) -> Iterator[str]:
    """Give back the outputs of a trace and make it the stage's lock, or with ``pending`` its pending record.

    Yields a sentence for each file that was saved first. Raises CacheError where an object is missing or damaged;
    nothing is recorded then.
    """
    for path, output in trace.outputs.items():
        found = _found(look, path)
        if found == output.content:
            continue
        place = confined(look.project.root, path)
        if found is None:
            yield from _remove_lost_link(look.project.root, place, path)
        else:
            yield from _save(workspace, look, path, found)
        mode = mode_of(output.kind, workspace.mode)
        root = look.project.root
        workspace.store.restore(output.content, place, mode=mode, scan=look.scan, replace=found, within=root)
    if pending:
        workspace.pending.write(now.stage, trace)
        return
    workspace.write_locks([(now.stage, trace)])
    workspace.pending.drop(now.stage)


def mode_of(kind: str, mode: Mode) -> Mode:
    """Return how an output gets its bytes: a metric is always a file of its own, since git keeps it."""
    return "reflink" if kind == "metric" and mode in ("hardlink", "symlink") else mode


def _found(look: "Look", path: str) -> Content | None:
    try:
        return look.content(path)
    except SourceError as error:
        hint = f"remove {path} if nobody needs it: what the cache does not hold is not deleted"
        raise StorageError(f"{path} is in the way: {str(error).partition('; ')[0]}", hint=hint) from error


def _save(workspace: Workspace, look: "Look", path: str, content: Content) -> Iterator[str]:
    if workspace.store.has_all(content):
        return
    place = look.absolute(path)
    ours = is_kept(workspace, look.scan, place, content)
    # of a directory whose files are all there, only its listing is new
    saved = workspace.store.save(place, scan=look.scan)
    if not ours:
        kept = shown_object(workspace, saved)
        yield f"{path} was not made by this stage as it stands: it is kept as {kept} ({GIVES_BACK})"


def shown_object(workspace: Workspace, content: Content) -> str:
    """Return where the cache has a content, as ``pivot get`` takes it: a path, that of a directory with a slash."""
    path = workspace.project.relative(workspace.store.path(content.digest))
    return f"{path}/" if content.kind == "directory" else path


def lost_link(place: str) -> str | None:
    """Return the target of a link that leads nowhere; None for anything else, and for a link into a cache."""
    try:
        target = os.readlink(place)
    except OSError:
        return None
    return None if os.path.exists(place) or is_object_path(target) else target


def _remove_lost_link(root: Path, place: str, path: str) -> Iterator[str]:
    """Remove a link that leads nowhere: who writes through it makes a file elsewhere, or an object of the cache."""
    if not os.path.islink(place):
        return
    if target := lost_link(place):
        yield f"{path} was a link to {target}, which does not exist: it is removed"
    with Enclosure(root) as inside:
        remove(inside.spot(place))


def is_kept(workspace: Workspace, scan: Scan, place: str, found: Content) -> bool:
    """Return whether the cache holds every file at a place, if not the very listing of a directory."""
    if found.kind != "directory":
        return workspace.store.has(found.digest)
    levels = scan.levels(place).values()
    return all(workspace.store.has(entry.digest) for level in levels for entry in level if entry.kind != "directory")


def confined(root: Path, path: str, plain: set[str] | None = None) -> str:
    """Return the absolute path of an output. Raises StorageError if it is no place for one, or beyond a link.

    It only looks, so that it is said before anything happens; who writes there does so within an ``Enclosure``.
    ``plain`` are directories that were found to be no links, for who asks for many and writes nothing in between.
    """
    if reserved(path) or not _NO_NAMES.isdisjoint(path.rstrip("/").split("/")):  # checked before; here nothing gets by
        raise StorageError(f"{printable(path)} is no place for data", hint="delete the record that names it")
    place = os.path.join(root, path.rstrip("/"))
    above = place.rpartition("/")[0]
    known = set() if plain is None else plain
    while len(above) > len(str(root)) and above not in known:
        if os.path.islink(above):
            raise StorageError(
                f"{os.path.relpath(above, root)} is a symbolic link, and outputs are not written through links",
                hint=f"replace it by a directory, or move the output {path} elsewhere",
            )
        known.add(above)
        above = above.rpartition("/")[0]
    return place
