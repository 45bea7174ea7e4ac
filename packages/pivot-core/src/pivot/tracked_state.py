"""How the tracked data of a project is now, held against its ``.pvt`` files. Changes nothing."""

from typing import TYPE_CHECKING, Literal

import pivot_cache
from pivot.record import Damaged
from pivot.tracked import Tracked, find_tracked
from pivot.workspace import Workspace
from pivot_cache.errors import CacheError
from pivot_fingerprint.named import NamedTuple

if TYPE_CHECKING:
    from pivot_cache import Scan

type Word = Literal["unchanged", "changed", "outdated", "missing", "lost", "unreadable"]


class State(NamedTuple):
    """The state of one path.

    ``changed``: something else is there than was tracked. ``outdated``: a version is there that the cache keeps, as
    after a ``git pull``. ``missing``: nothing is there. For both of these the cache has what was tracked; ``lost``: it
    has not. ``unreadable``: it, or its ``.pvt`` file, cannot be read; ``problem`` says why.
    """

    path: str
    state: Word
    problem: str | None = None


def tracked_states(workspace: Workspace) -> list[State]:
    """Return the state of all tracked data of the project, by path."""
    found = list(find_tracked(workspace.project.root))
    if not found:
        return []
    manifest = workspace.kept_manifest()
    made = manifest.made() if manifest else frozenset()
    inside = tuple(f"{path}/" for path in made)
    scan = pivot_cache.Scan(workspace.state)  # imported on use: most projects track nothing
    return [_state(workspace, scan, one) for one in sorted(found) if not one.path.startswith(inside)]


def _state(workspace: Workspace, scan: "Scan", tracked: Tracked) -> State:
    path, content = tracked
    if isinstance(content, Damaged):
        return State(path, "unreadable", content.problem)
    try:
        found = scan.content(workspace.project.root / path)
    except CacheError as error:
        return State(path, "unreadable", str(error))
    if found == content:
        return State(path, "unchanged")
    if found is not None and not workspace.store.has_all(found):
        return State(path, "changed")
    if not workspace.store.has_all(content):
        return State(path, "lost")
    return State(path, "outdated" if found else "missing")
