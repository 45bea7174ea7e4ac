"""``--pull``, ``--push`` and ``--allow-missing`` of a run: what happens before it and after it.

What is needed is said by ``pivot.absence``; how it is moved and told by ``moving``.
"""

from collections.abc import Sequence

from pivot.absence import bring, presume
from pivot.records import Records, find_records
from pivot.repro import Options
from pivot.wanted import Wanted
from pivot.workspace import Workspace
from pivot_cli import moving
from pivot_cli.ci import refuse_forks
from pivot_cli.session import Session


def believe(workspace: Workspace, chosen: Options) -> Options:
    """Return the options of a run that takes the records' word for what is not here."""
    return chosen._replace(presumed=presume(find_records(workspace.project.root)))


def pull_for(session: Session, workspace: Workspace, chosen: Options, remote: str | None, *, json: bool) -> Options:
    """Get what a run needs of what is missing; return the options to run with."""

    def fetch(wanted: Sequence[Wanted]) -> None:
        asked = moving.Asked((), remote)
        told, _ = moving.move_wanted(session, workspace, moving.FETCH, wanted, asked, json=json)
        if not json:
            moving.tell(session, told, Records((), ()), moving.FETCH)

    return bring(workspace, chosen, fetch)


def push_after(session: Session, workspace: Workspace, remote: str | None, *, json: bool) -> int:
    """Send what the records name and the remote lacks; return the exit code."""
    refuse_forks()
    records = find_records(workspace.project.root)
    asked = moving.Asked((), remote)
    told, _ = moving.carry_out(session, workspace, moving.PUSH, asked, records, json=json)
    if not json:
        moving.tell(session, told, records, moving.PUSH)
    return moving.exit_code(told, asked)
