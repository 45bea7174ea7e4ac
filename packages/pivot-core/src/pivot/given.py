"""One path given back from the cache: what may be overwritten there, and what came of it.

The ownership rule for commands: what the cache does not hold is left alone, unless force is used, and then it is kept
first. Which paths are given back, and what belongs there, is for ``checkout`` and ``get`` to say.
"""

import os
from pathlib import Path
from typing import Literal, cast

from pivot.outputs import is_kept, lost_link, shown_object
from pivot.workspace import Workspace
from pivot_cache import Content, Scan
from pivot_cache.content import Mode
from pivot_cache.errors import ObjectError, SourceError
from pivot_fingerprint.named import NamedTuple

type Fate = Literal["right", "restored", "relinked", "differs", "edited", "lost"]


class Given(NamedTuple):
    """What came of one path.

    ``right``: it was there already. ``restored``: it was given back; ``saved`` is where in the cache what was in its
    place is kept. ``relinked``: the bytes were right and only the mode was not. ``differs``: something else is there,
    and only missing ones were asked for. ``edited``: something else is there that the cache does not hold. ``lost``:
    the cache does not hold it; ``problem`` says what is missing. ``stage`` is None for tracked data. ``unlinked`` says
    that the file system could not link, as the mode wants, so that it is a copy.
    """

    stage: str | None
    path: str
    fate: Fate
    saved: str | None = None
    problem: str | None = None
    unlinked: bool = False


class Way(NamedTuple):
    """How to give back: over edited files too (``force``), only what is missing, and with which mode.

    Below ``within`` no link is followed; None for a place that the user named.
    """

    force: bool
    only_missing: bool
    mode: Mode
    within: Path | None


def find_way(workspace: Workspace, *, force: bool, only_missing: bool = False, mode: str | None = None) -> Way:
    """Return how to give back in the project; without a mode, as configured."""
    return Way(force, only_missing, cast(Mode, mode or workspace.mode), workspace.project.root)


def give_back(
    workspace: Workspace, scan: Scan, way: Way, content: Content, place: str, path: str, stage: str | None = None
) -> Given:
    """Make what is at the absolute ``place`` be this content; ``path`` is what it is called.

    Raises CacheError where the disk is in the way.
    """
    store = workspace.store
    saved = None
    try:
        found = scan.content(place)
    except SourceError as error:  # something that cannot be kept, so it may not be overwritten either
        return Given(stage, path, "edited", problem=str(error))
    if found == content:
        return _relink(workspace, scan, way, content, place, path, stage)
    if not store.has_all(content):
        return Given(stage, path, "lost", problem=f"{path} is not in the cache")
    if found is None and (target := lost_link(place)) and not way.force:
        return Given(stage, path, "edited", problem=f"it is a link to {target}, which does not exist; -f replaces it")
    if found is not None:
        if way.only_missing:
            return Given(stage, path, "differs")
        if not store.has_all(found):
            ours = is_kept(workspace, scan, place, found)
            if not (ours or way.force):
                return Given(stage, path, "edited")
            try:
                kept = store.save(place, scan=scan)  # of a directory whose files are all there, only its listing is new
            except SourceError as error:
                return Given(stage, path, "edited", problem=str(error))
            saved = None if ours else shown_object(workspace, kept)
    try:
        store.restore(content, place, mode=way.mode, scan=scan, replace=found, within=way.within)
        linked = way.mode in ("hardlink", "symlink")
        unlinked = linked and store.relink(content, place, way.mode, within=way.within).refused
    except ObjectError as error:
        return Given(stage, path, "lost", saved, str(error))
    return Given(stage, path, "restored", saved, unlinked=bool(unlinked))


def find_part(workspace: Workspace, content: Content, part: str) -> Content | None:
    """Return what a content has at a path inside it; itself for an empty path, None if it has nothing there.

    Raises ObjectError where the cache does not hold the directories on the way.
    """
    for name in part.split("/") if part else ():
        if content.kind != "directory":
            return None
        entries = {entry.name: entry for entry in workspace.store.tree(content.digest)}
        if name not in entries:
            return None
        entry = entries[name]
        content = Content(entry.kind, entry.digest, entry.size)
    return None if content.kind == "link" else content


def _relink(
    workspace: Workspace, scan: Scan, way: Way, content: Content, place: str, path: str, stage: str | None
) -> Given:
    """Bring right bytes into the mode that is wanted."""
    if way.only_missing or os.path.islink(os.path.dirname(place)):
        return Given(stage, path, "right")
    try:
        links = workspace.store.relink(content, place, way.mode, scan=scan, within=way.within)
    except ObjectError:  # the cache lost it: what is there may be the only copy
        return Given(stage, path, "right")
    return Given(stage, path, "relinked" if links.changed else "right", unlinked=bool(links.refused))
