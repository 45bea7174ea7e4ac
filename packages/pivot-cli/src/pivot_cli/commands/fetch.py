"""``pivot fetch``: get what the cache lacks of outputs and tracked data, and leave the work tree alone."""

import click

from pivot.project import locate
from pivot.records import find_records
from pivot.workspace import Workspace
from pivot_cli import moving
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified


@click.command(
    name="fetch",
    cls=Exemplified,
    examples=[("pivot fetch", "everything that the records name"), ("pivot fetch -r disk train", "")],
)
@click.argument("targets", nargs=-1)
@moving.options
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    targets: tuple[str, ...],
    remote: str | None,
    dry_run: bool,
    jobs: int | None,
    all_branches: bool,
    as_json: bool,
) -> int:
    """Get outputs and tracked data from a remote into the cache.

    No file of yours changes: this is what pull does, but for its last step, pivot checkout. Exit code 1 if something
    could not be got; the rest was.
    """
    project = locate(session.start)
    asked = moving.Asked(targets, remote, dry_run, jobs, all_branches)
    with Workspace(project, make=False) as workspace:
        records = find_records(project.root)
        told, elsewhere = moving.carry_out(session, workspace, moving.FETCH, asked, records, json=as_json)
    if as_json:
        session.terminal.out.json(moving.told_data(told, elsewhere, records, dry_run=dry_run))
    else:
        moving.tell(session, told, records, moving.FETCH, dry_run=dry_run)
    return moving.exit_code(told, asked)
