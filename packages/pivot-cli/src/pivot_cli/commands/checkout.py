"""``pivot checkout``: give back outputs and tracked data from the cache, from their records alone."""

from collections.abc import Iterable
from typing import Any

import click

from pivot.checkout import Options, checkout
from pivot.given import Given
from pivot.project import locate
from pivot.records import find_records
from pivot.workspace import Workspace
from pivot_cli.giving import MODES, STORAGE, given_data, show_given, sum_up
from pivot_cli.session import Session, as_json, common
from pivot_cli.terminal import Terminal
from pivot_cli.usage import Exemplified
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
@click.option("-f", "--force", is_flag=True, help="Replace edited files too, after keeping them in the cache.")
@click.option("--only-missing", is_flag=True, help="Leave alone whatever is there.")
@click.option("--checkout-mode", type=click.Choice(MODES), help="How; reflink copies where it must.")
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
        given = []
        for one in checkout(workspace, options, records):
            given.append(one)
            if not as_json:
                show_given(session, one)
    if as_json:
        session.terminal.out.json(checkout_data(given, damaged))
    else:
        _sum_up(session, given, damaged)
    return STORAGE if any(one.fate in ("edited", "lost") for one in given) else 0


def checkout_data(given: Iterable[Given], damaged: Iterable[str]) -> dict[str, Any]:
    """Return what came of a checkout as JSON data."""
    return {**given_data(given), "unreadable": list(damaged)}


def _sum_up(session: Session, given: list[Given], damaged: list[str]) -> None:
    terminal: Terminal = session.terminal
    for problem in damaged:
        terminal.err.line(f"Ignored a record: {problem}")
    if session.quiet:
        return
    terminal.out.line(sum_up(given) or "There is no record yet; nothing to give back")
