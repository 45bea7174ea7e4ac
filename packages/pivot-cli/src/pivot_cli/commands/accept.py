"""``pivot accept``: the present code of a stage counts as equivalent, without a run."""

import click

from pivot.accept import accept
from pivot.forecast import plan
from pivot.options import Options
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import open_workspace


@click.command(
    name="accept",
    cls=Exemplified,
    examples=[('pivot accept train --reason "renamed a variable, same arithmetic"', "")],
)
@click.argument("stage")
@option("--reason", required=True, metavar="TEXT", help="Why the outputs would be the same; kept in the lock.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, stage: str, reason: str, as_json: bool) -> int:
    """Record the code of a stage as equivalent, without running it.

    For a change of code that cannot change the outputs, though Pivot cannot know it. The reason stands in the lock
    file, where a review sees it. Refused if anything but code changed.
    """
    if not reason.strip():
        raise click.BadParameter("say why the outputs would be the same", param_hint="--reason")
    with open_workspace(session) as workspace:
        look, planned = plan(workspace, Options((stage,), alone=True))
        step = planned.steps[-1]
        accept(workspace, look, step, reason)
    name = step.stage.name
    if as_json:
        session.terminal.out.json({"stage": name, "accepted": reason})
    elif not session.quiet:
        session.terminal.out.line(f"Accepted the code of {name} as it is; nothing was run")
    return 0
