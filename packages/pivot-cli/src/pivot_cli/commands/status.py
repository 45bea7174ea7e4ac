"""``pivot status``: what would run, and why. Runs nothing and writes nothing but its memo."""

import click

from pivot.project import locate
from pivot.workspace import Workspace
from pivot_cli.running import show_standing
from pivot_cli.session import Session, as_json, common
from pivot_cli.tracked import show_tracked, tracked_data
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of, open_workspace


@click.command(
    name="status",
    cls=Exemplified,
    examples=[
        ("pivot status", "all stages, and tracked data"),
        ("pivot status --explain train", "every reason for train"),
        ("pivot status --diff train", "and the source that changed"),
    ],
)
@click.argument("stages", nargs=-1)
@option("-e", "--explain", is_flag=True, help="Every reason in full: old and new digest, place, the way there.")
@option("--diff", is_flag=True, help="The same, with the source of what changed, old against new.")
@option("--stages-only", is_flag=True, help="Leave out tracked data.")
@option("--tracked-only", is_flag=True, help="Tracked data alone; pipeline.py is not read.")
@option("-r", "--remote", is_flag=True, help="Only what is missing where: in the cache, in the default remote.")
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    stages: tuple[str, ...],
    explain: bool,
    diff: bool,
    stages_only: bool,
    tracked_only: bool,
    remote: bool,
    as_json: bool,
) -> int:
    """Show what would run, and why.

    One line for each stage: what would happen to it, and the first reason. Nothing runs. Below, unless stages are
    named, a line for all that is tracked. --explain lists also what could not be followed, and with -v what is left out
    on request (# pivot: ignore).
    """
    if remote:
        from pivot_cli.whereabouts import show_whereabouts  # lazy: for --remote only

        return show_whereabouts(session, stages, None, json=as_json)
    if tracked_only:
        if stages_only or stages or explain or diff:
            raise click.UsageError("--tracked-only leaves out the stages, so it goes with no option about them")
        return _show_tracked_only(session, as_json)
    with open_workspace(session) as workspace:
        tracked = not (stages or stages_only)
        plain = not (stages or explain or diff or as_json or session.verbose)
        if plain and (standing := workspace.standing()):
            show_standing(session, standing)
            if tracked:
                show_tracked(session, workspace)
            return 0
        from pivot_cli.overview import show_status  # lazy: to import it takes as long as all that was looked at

        base = base_of(session, workspace)
        show_status(session, workspace, stages, base, explain=explain, diff=diff, json=as_json, tracked=tracked)
    return 0


def _show_tracked_only(session: Session, as_json: bool) -> int:
    with Workspace(locate(session.start), make=False) as workspace:
        if as_json:
            session.terminal.out.json(tracked_data(workspace))
        elif not show_tracked(session, workspace):
            session.terminal.out.line("Nothing is tracked: pivot track PATH keeps data that no stage makes")
    return 0
