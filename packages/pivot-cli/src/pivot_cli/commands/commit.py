"""``pivot commit``: results as they lie in the work tree are recorded, without a run."""

import click

from pivot.adopt import Committed, Options, adopt
from pivot_cli.report import reason_data
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of, open_workspace
from pivot_cli.words import short

REFUSED = 1


@click.command(
    name="commit",
    cls=Exemplified,
    examples=[
        ("pivot commit", "what pivot repro --no-commit made"),
        ("pivot commit train", "the outputs of train, made by hand"),
    ],
)
@click.argument("stages", nargs=-1)
@option("-f", "--force", is_flag=True, help="Record also what was made from another state.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, stages: tuple[str, ...], force: bool, as_json: bool) -> int:
    """Record what lies in the work tree as the result of stages, without a run.

    Without STAGES: all results that repro --no-commit made. One is refused if its code, its inputs or the result itself
    changed since, or if an output is missing. For a stage that is named, outputs made by hand count as the result of
    the present code and inputs; the lock says so.
    """
    with open_workspace(session) as workspace:
        root = workspace.project.root
        done = []
        for one in adopt(workspace, Options(stages, force, base_of(session, workspace))):
            done.append(one)
            if not as_json:
                show(session, one)
    if as_json:
        rows = [{**one._asdict(), "reasons": [reason_data(reason, root) for reason in one.reasons]} for one in done]
        session.terminal.out.json({"stages": rows})
    elif not done and not session.quiet:
        session.terminal.out.line("Nothing to commit: no stage has a result that was made with --no-commit")
    return REFUSED if any(one.fate == "refused" for one in done) else 0


def show(session: Session, committed: Committed) -> None:
    """Print what came of a stage."""
    out, err = session.terminal
    match committed.fate:
        case "recorded":
            if not session.quiet:
                out.line(f"{out.paint(out.marks.done, 'green')} {committed.stage}   recorded")
        case "same":
            if not session.quiet:
                out.line(f"{out.paint(out.marks.skipped, 'dim')} {committed.stage}   recorded already")
        case "refused":
            why = f" ({short(committed.reasons)})" if committed.reasons else ""
            err.line(f"{err.paint(err.marks.failed, 'red')} {committed.stage}   refused: {committed.problem}{why}")
            err.line(f"    Hint: {committed.hint}")
