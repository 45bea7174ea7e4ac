"""``--pull``, ``--push`` and two ways to miss something, of a run: what happens before it and after it.

What is needed is said by ``pivot.absence``; how it is moved and told by ``moving``.
"""

from collections.abc import Sequence

from pivot.absence import Afar, bring, find_missing, give_back, presume
from pivot.options import Options
from pivot.records import Records, find_records
from pivot.wanted import Wanted
from pivot.workspace import Workspace
from pivot_cli import moving
from pivot_cli.ci import refuse_forks
from pivot_cli.giving import show_given
from pivot_cli.known_runs import KnownRuns
from pivot_cli.session import Session
from pivot_fingerprint.named import NamedTuple


class Absence(NamedTuple):
    """What to do about what is not here: the options of those names."""

    checkout_missing: bool
    allow_missing: bool
    pull: bool
    remote: str | None


def prepare(
    session: Session, workspace: Workspace, chosen: Options, wishes: Absence, *, only_show: bool, json: bool
) -> Options:
    """Do before a run what is wished, and return the options to run with."""
    if wishes.checkout_missing:
        chosen = _check_out(session, workspace, chosen, only_show=only_show, json=json)
    if wishes.allow_missing:
        chosen = chosen._replace(presumed=presume(find_records(workspace.project.root)))
    if wishes.pull:
        chosen = _pull_for(session, workspace, chosen, wishes.remote, json=json)
    return chosen


def _check_out(session: Session, workspace: Workspace, chosen: Options, *, only_show: bool, json: bool) -> Options:
    """Give back what is missing and the cache has, or only pretend to."""
    if only_show:
        there = {one.path.rstrip("/"): one.content for one in find_missing(workspace, chosen)}
        return chosen._replace(presumed=there)
    for given in give_back(workspace, chosen):
        if given.fate == "restored" and not json:
            show_given(session, given)
    return chosen


def _pull_for(session: Session, workspace: Workspace, chosen: Options, remote: str | None, *, json: bool) -> Options:
    """Get what a run needs of what is missing."""
    index = KnownRuns(workspace, remote)

    def fetch(wanted: Sequence[Wanted]) -> None:
        asked = moving.Asked((), remote)
        told, _ = moving.move_wanted(session, workspace, moving.FETCH, wanted, asked, json=json)
        if not json:
            moving.tell(session, told, Records((), ()), moving.FETCH)

    def tell(stages: Sequence[str]) -> None:
        if not (json or session.quiet):
            session.terminal.out.line(f"Known from {index.name}: {', '.join(stages)}")

    try:
        return bring(workspace, chosen, Afar(fetch, index.find, tell))
    finally:
        if index.warning:
            session.terminal.err.line(index.warning)


def push_after(session: Session, workspace: Workspace, remote: str | None, *, json: bool) -> int:
    """Send what the records name and the remote lacks; return the exit code."""
    refuse_forks()
    records = find_records(workspace.project.root)
    asked = moving.Asked((), remote)
    told, _ = moving.carry_out(session, workspace, moving.PUSH, asked, records, json=json)
    if not json:
        moving.tell(session, told, records, moving.PUSH)
    return moving.exit_code(told, asked)
