"""``pivot status --remote``: what of outputs and tracked data is missing where, in the cache and in a remote.

The remote is asked, not remembered; nothing moves.
"""

from collections.abc import Sequence
from typing import Any

from pivot.project import locate
from pivot.records import find_records
from pivot.wanted import Wanted, find_wanted
from pivot.workspace import Workspace
from pivot_cli.quantities import plural
from pivot_cli.session import Session
from pivot_cli.wiring import base_of, compare, open_elsewhere
from pivot_fingerprint.named import NamedTuple


class Whereabouts(NamedTuple):
    """A recorded path, and where all of its bytes are."""

    wanted: Wanted
    here: bool
    there: bool


def show_whereabouts(session: Session, targets: tuple[str, ...], remote: str | None, *, json: bool) -> int:
    """Say of each recorded path that the targets name where its bytes are missing; return the exit code."""
    project = locate(session.start)
    with Workspace(project, make=False) as workspace:
        wanted = find_wanted(find_records(project.root), targets, base_of(session, workspace))
        elsewhere = open_elsewhere(workspace.config, remote)
        try:
            found = _look(workspace, elsewhere.store, wanted)
        finally:
            elsewhere.store.close()
    out = session.terminal.out
    if json:
        out.json({"remote": elsewhere.name, "address": elsewhere.address, "paths": [_row(one) for one in found]})
        return 0
    if not session.quiet:
        out.line(f"{elsewhere.name}: {elsewhere.address}")
    width = max((len(one.wanted.path) for one in found), default=0)
    for one in found:
        if not (one.here and one.there):
            out.line(f"{one.wanted.path:<{width}}   {_words(one, elsewhere.name)}")
    lacking = sum(not (one.here and one.there) for one in found)
    if not lacking and not session.quiet:
        out.line(f"{plural(len(found), 'path')} in the cache and in {elsewhere.name}")
    return 0


def _look(workspace: Workspace, store: Any, wanted: Sequence[Wanted]) -> list[Whereabouts]:
    lacking = set(compare([one.content for one in wanted], workspace.store, store, 20).incomplete)
    return [Whereabouts(one, workspace.store.has_all(one.content), one.content not in lacking) for one in wanted]


def _words(one: Whereabouts, remote: str) -> str:
    match one.here, one.there:
        case True, False:
            return f"not in {remote}: pivot push sends it"
        case False, True:
            return "not in the cache: pivot pull gets it"
        case _:
            made = f": pivot repro {one.wanted.stage} makes it again" if one.wanted.stage else ""
            return f"neither in the cache nor in {remote}{made}"


def _row(one: Whereabouts) -> dict[str, Any]:
    return {"path": one.wanted.path, "stage": one.wanted.stage, "in_cache": one.here, "in_remote": one.there}
