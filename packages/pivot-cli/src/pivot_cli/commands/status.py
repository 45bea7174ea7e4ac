"""``pivot status``: what would run, and why. Runs nothing and writes nothing but its memo."""

import click

from pivot_cli.running import show_standing
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import base_of, open_workspace


@click.command(
    name="status",
    cls=Exemplified,
    examples=[
        ("pivot status", "all stages"),
        ("pivot status --explain train", "every reason for train"),
        ("pivot status --diff train", "and the source that changed"),
    ],
)
@click.argument("stages", nargs=-1)
@click.option("-e", "--explain", is_flag=True, help="Every reason in full: old and new digest, file and line.")
@click.option("--diff", is_flag=True, help="The same, with the source of what changed, old against new.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, stages: tuple[str, ...], explain: bool, diff: bool, as_json: bool) -> int:
    """Show what would run, and why.

    One line for each stage: what would happen to it, and the first reason. Nothing runs. With -v, --explain shows
    also by which path each part of the code is reached.
    """
    with open_workspace(session) as workspace:
        plain = not (stages or explain or diff or as_json or session.verbose)
        if plain and (standing := workspace.standing()):
            show_standing(session, standing)
            return 0
        from pivot_cli.overview import show_status  # lazy: to import it takes as long as all that was looked at

        base = base_of(session, workspace)
        show_status(session, workspace, stages, base, explain=explain, diff=diff, json=as_json)
    return 0
