"""``pivot checkout``: give back outputs from the cache, from the locks alone."""

from collections.abc import Iterable
from typing import Any

import click

from pivot.checkout import Given, Options, checkout, find_records
from pivot.project import locate
from pivot.record import Damaged
from pivot.workspace import Workspace
from pivot_cli.session import Session, as_json, common
from pivot_cli.terminal import Terminal
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import base_of

STORAGE = 4
MODES = ("reflink", "hardlink", "symlink", "copy")


@click.command(
    name="checkout",
    cls=Exemplified,
    examples=[
        ("pivot checkout", "all outputs, as the locks record them"),
        ("pivot checkout train plots/", "those of a stage, and those below a directory"),
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
    """Give back outputs from the cache, as the locks record them.

    TARGETS are stages, outputs, or directories above outputs; without any, all outputs of the project. Nothing is run
    and pipeline.py is not read. A file that was edited by hand is left alone, unless -f is given.
    """
    project = locate(session.start)
    with Workspace(project, make=False) as workspace:
        options = Options(targets, force, only_missing, checkout_mode, base_of(session, workspace))
        damaged = [record.lock.problem for record in find_records(project.home) if isinstance(record.lock, Damaged)]
        given = []
        for one in checkout(workspace, options):
            given.append(one)
            if not as_json:
                show(session, one)
    if as_json:
        session.terminal.out.json(checkout_data(given, damaged))
    else:
        _sum_up(session, given, damaged)
    return STORAGE if any(one.fate in ("edited", "lost") for one in given) else 0


def show(session: Session, given: Given) -> None:
    """Print what came of an output: what was right is shown only to those who want to know more."""
    out, err = session.terminal
    match given.fate:
        case "restored":
            if not session.quiet:
                out.line(f"{out.paint(out.marks.restored, 'cyan')} {given.path}")
            if given.saved and not session.quiet:
                out.line(out.paint(f"  what was there is kept as {given.saved}", "yellow"))
        case "edited":
            err.line(f"{err.paint(err.marks.failed, 'red')} {given.path} was edited and is left as it is")
            err.line(
                f"    Hint: {given.problem or 'pivot checkout -f replaces it, and keeps the edited file in the cache'}"
            )
        case "lost":
            err.line(f"{err.paint(err.marks.failed, 'red')} {given.problem}")
            err.line(f"    Hint: make it again with: pivot repro {given.stage}")
        case "right" | "differs":
            if session.verbose:
                word = "is there" if given.fate == "right" else "is there, and differs from its record"
                out.line(out.paint(f"{out.marks.skipped} {given.path} {word}", "dim"))


def checkout_data(given: Iterable[Given], damaged: Iterable[str]) -> dict[str, Any]:
    """Return what came of a checkout as JSON data."""
    rows = [one._asdict() for one in given]
    fates = [row["fate"] for row in rows]
    summary = {fate: fates.count(fate) for fate in ("right", "restored", "differs", "edited", "lost")}
    return {"outputs": rows, "summary": summary, "unreadable": list(damaged)}


def _sum_up(session: Session, given: list[Given], damaged: list[str]) -> None:
    terminal: Terminal = session.terminal
    for problem in damaged:
        terminal.err.line(f"Ignored a record: {problem}")
    if session.quiet:
        return
    words = {
        "restored": "restored",
        "right": "already right",
        "differs": "left as it is",
        "edited": "edited",
        "lost": "lost",
    }
    fates = [one.fate for one in given]
    counts = [f"{fates.count(fate)} {word}" for fate, word in words.items() if fate in fates]
    terminal.out.line(f"Outputs: {', '.join(counts)}" if counts else "No stage has a record yet; nothing to give back")
