"""``pivot pull``: get what the cache lacks from a remote, then give outputs and tracked data back from it."""

import click

from pivot.checkout import Options, checkout
from pivot.project import locate
from pivot.records import find_records
from pivot.workspace import Workspace
from pivot_cli import moving
from pivot_cli.giving import given_data, show_given, sum_up
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import base_of

STORAGE = 4


@click.command(
    name="pull",
    cls=Exemplified,
    examples=[
        ("pivot pull", "after git clone or git pull"),
        ("pivot pull train", "the outputs of a stage"),
        ("pivot pull -n", "what would be got"),
    ],
)
@click.argument("targets", nargs=-1)
@moving.options
@click.option("-f", "--force", is_flag=True, help="Replace edited files too, after keeping them in the cache.")
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
    force: bool,
    as_json: bool,
) -> int:
    """Get outputs and tracked data from a remote, and check them out.

    TARGETS are stages, outputs, tracked files, directories above them, or paths inside a directory; without any, all
    that the records of the project name. Every object is verified. A file that was edited by hand is left alone, unless
    -f is given. Exit code 1 if something could not be got; the rest was.
    """
    project = locate(session.start)
    asked = moving.Asked(targets, remote, dry_run, jobs, all_branches)
    with Workspace(project, make=False) as workspace:
        records = find_records(project.root)
        told, elsewhere = moving.carry_out(session, workspace, moving.FETCH, asked, records, json=as_json)
        options = Options(targets, force, base=base_of(session, workspace))
        given = [] if dry_run else list(checkout(workspace, options, records))
    untold = {one.path for one in told.incomplete}
    if as_json:
        data = moving.told_data(told, elsewhere, records, dry_run=dry_run)
        session.terminal.out.json({**data, **given_data(given)})
    else:
        moving.tell(session, told, records, moving.FETCH, dry_run=dry_run)
        for one in given:
            if one.fate != "lost" or one.path not in untold:
                show_given(session, one)
        if not session.quiet and (words := sum_up(given)):
            session.terminal.out.line(words)
    left = any(one.fate in ("edited", "lost") for one in given)
    return moving.exit_code(told, asked) or (STORAGE if left else 0)
