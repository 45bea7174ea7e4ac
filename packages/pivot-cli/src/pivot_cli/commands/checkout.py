"""``pivot checkout``: give back outputs and tracked data from the cache, from their records alone."""

import click

from pivot.checkout import Options, checkout
from pivot.project import locate
from pivot.records import find_records
from pivot.workspace import Workspace
from pivot_cli import giving
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of


@click.command(
    name="checkout",
    cls=Exemplified,
    examples=[
        ("pivot checkout", "all outputs and tracked data"),
        ("pivot checkout train raw.csv", "what a stage makes, and a tracked file"),
        ("pivot checkout plots/roc.png", "one file of an output that is a directory"),
        ("pivot checkout -f model.pkl", "even over an edited file, which the cache keeps"),
    ],
)
@click.argument("targets", nargs=-1)
@giving.force
@option("--only-missing", is_flag=True, help="Leave alone whatever is there.")
@giving.checkout_mode
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    targets: tuple[str, ...],
    force: bool,
    only_missing: bool,
    checkout_mode: str | None,
    as_json: bool,
) -> int:
    """Give back outputs and tracked data from the cache, as their records say.

    TARGETS are stages, outputs, tracked files, directories above them, or paths inside a directory; without any, all of
    the project. Nothing is run and pipeline.py is not read. A file that was edited by hand is left alone, unless -f is
    given.
    """
    project = locate(session.start)
    with Workspace(project, make=False) as workspace:
        options = Options(targets, force, only_missing, checkout_mode, base_of(session, workspace))
        records = find_records(project.root)
        damaged = records.damaged()
        given = giving.gather(session, checkout(workspace, options, records), silent=as_json)
    if as_json:
        session.terminal.out.json({**giving.given_data(given), "unreadable": damaged})
    else:
        for problem in damaged:
            session.terminal.err.line(f"Ignored a record: {problem}")
        if not session.quiet:
            nothing = "No record of it can be used" if damaged else "There is no record yet"
            session.terminal.out.line(giving.sum_up(given) or f"{nothing}; nothing to give back")
    return giving.STORAGE if targets and damaged and not given else giving.exit_code(given)
