"""``pivot pull``: get what the cache lacks from a remote, then give outputs and tracked data back from it."""

import click

from pivot.checkout import Options, checkout
from pivot.project import locate
from pivot.records import find_records
from pivot.workspace import Workspace
from pivot_cli import giving, moving
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import base_of


@click.command(
    name="pull",
    cls=Exemplified,
    examples=[
        ("pivot pull", "after git clone or git pull"),
        ("pivot pull train", "the outputs of a stage"),
        ("pivot pull -n", "what would be got"),
    ],
)
@moving.options
@giving.force
@as_json
@common
@click.pass_obj
def command(session: Session, /, asked: moving.Asked, force: bool, as_json: bool) -> int:
    """Get outputs and tracked data from a remote, and check them out.

    TARGETS are stages, outputs, tracked files, directories above them, or paths inside a directory; without any, all
    that the records of the project name. Every object is verified. A file that was edited by hand is left alone, unless
    -f is given. Exit code 1 if something could not be got; the rest was.
    """
    project = locate(session.start)
    with Workspace(project, make=False) as workspace:
        records = find_records(project.root)
        told, elsewhere = moving.carry_out(session, workspace, moving.FETCH, asked, records, json=as_json)
        options = Options(asked.targets, force, base=base_of(session, workspace))
        given = [] if asked.dry_run else list(checkout(workspace, options, records))
    untold = {one.path for one in told.incomplete}
    if as_json:
        data = moving.told_data(told, elsewhere, records, dry_run=asked.dry_run)
        session.terminal.out.json({**data, **giving.given_data(given)})
    else:
        moving.tell(session, told, records, moving.FETCH, dry_run=asked.dry_run)
        for one in given:
            if one.fate != "lost" or one.path not in untold:
                giving.show_given(session, one)
        if not session.quiet and (words := giving.sum_up(given)):
            session.terminal.out.line(words)
    return moving.exit_code(told, asked) or giving.exit_code(given)
