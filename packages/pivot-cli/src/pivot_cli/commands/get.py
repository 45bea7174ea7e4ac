"""``pivot get``: a file as it was at a git revision, from the cache."""

import os

import click

from pivot.get import Options, get
from pivot.project import locate
from pivot.workspace import Workspace
from pivot_cli import giving
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of


@click.command(
    name="get",
    cls=Exemplified,
    examples=[
        ("pivot get model.pkl --rev HEAD~3 -o old.pkl", "beside the present one"),
        ("pivot get data.csv --rev v1 -f", "in place of the present one"),
        ("pivot get .pivot/cache/objects/ab/cd… -o mine", "what was kept aside"),
    ],
)
@click.argument("targets", nargs=-1, required=True, metavar="TARGETS...")
@option("--rev", metavar="REV", help="A branch, a tag or a commit.")
@option("-o", "--output", metavar="PATH", help="Where to; a directory for several. Default: its own place.")
@giving.force
@giving.checkout_mode
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    targets: tuple[str, ...],
    rev: str | None,
    output: str | None,
    force: bool,
    checkout_mode: str | None,
    as_json: bool,
) -> int:
    """Give back a file as it was at a git revision, from the cache.

    TARGETS are stages, outputs, tracked files, or paths inside a directory, as the records of that revision know them.
    Nothing else of the revision is touched. Without --rev, a target is what another command kept in the cache.
    """
    project = locate(session.start)
    with Workspace(project, make=False) as workspace:
        place = None if output is None else os.path.join(session.start.resolve(), output)
        options = Options(targets, rev, place, force, checkout_mode, base_of(session, workspace))
        given = giving.gather(session, get(workspace, options), rev, silent=as_json)
    if as_json:
        session.terminal.out.json(giving.given_data(given))
    elif not session.quiet:
        session.terminal.out.line(giving.sum_up(given))
    return giving.exit_code(given)
