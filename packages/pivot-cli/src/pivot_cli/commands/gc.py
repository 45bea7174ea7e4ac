"""``pivot gc``: remove from the cache what nothing needs any more, after a plan."""

from datetime import UTC, datetime
from typing import Any

import click

from pivot.collect import YOUNG_DAYS, Plan, collect
from pivot.project import locate
from pivot.workspace import Workspace
from pivot_cli.quantities import amount, plural
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option

_WHY = {
    "work tree": "named by records or links in the work tree",
    "git": "named by records of a branch, tag or stash",
    "runs": "results of the last runs (gc.runs)",
    "keep": "to be kept (gc.keep)",
    "young": f"younger than {YOUNG_DAYS} days",
}


@click.command(
    name="gc",
    cls=Exemplified,
    examples=[
        ("pivot gc", "what would go, and what stays"),
        ("pivot gc --yes", "remove it"),
        ("pivot gc --remote", "what would go of the default remote"),
        ("pivot gc --remote disk --yes", "remove it from the remote disk"),
    ],
)
@option("-y", "--yes", is_flag=True, help="Remove what the plan says.")
@option("--all-projects", is_flag=True, help="For a shared cache: keep what any of its projects needs.")
@option(
    "--remote",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Of a remote, not of the cache.",
)
@as_json
@common
@click.pass_obj
def command(session: Session, /, yes: bool, all_projects: bool, remote: str | None, as_json: bool) -> int:
    """Remove from the cache what nothing needs any more.

    Prints a plan; --yes acts. What records name stays, in the work tree and in every branch, tag and stash of git, and
    so do the results of the last runs, what gc.keep names, and whatever is young. Afterwards a run may have to compute
    what it could have restored; it is never wrong.

    With --remote, what the remote keeps and no record names, nor was written to it of late. Fetch all branches first,
    and give each project a prefix of its own: what other projects need is not known here.
    """
    with Workspace(locate(session.start), make=False) as workspace:
        if remote is not None:
            if all_projects:
                raise click.UsageError("--all-projects is about a shared cache: it does not go with --remote")
            from pivot_cli.collecting import collect_remote  # lazy: for --remote only

            return collect_remote(session, workspace, remote or None, act=yes, json=as_json)
        plan = collect(workspace, act=yes, all_projects=all_projects)
    if as_json:
        session.terminal.out.json(gc_data(plan))
    elif not session.quiet:
        show(session, plan)
    return 0


def gc_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    oldest = None if plan.oldest is None else datetime.fromtimestamp(plan.oldest, UTC).isoformat(timespec="seconds")
    removed = {"objects": len(plan.objects), "bytes": plan.bytes, "oldest": oldest, "traces": plan.traces}
    return {
        "done": plan.done,
        "remove": removed,
        "stay": [stay._asdict() for stay in plan.stays],
        "projects": list(plan.projects),
    }


def show(session: Session, plan: Plan, command: str = "pivot gc --yes") -> None:
    """Print what goes and what stays, and why; ``command`` is what would do it."""
    out = session.terminal.out
    if len(plan.projects) > 1:
        out.line(f"Projects: {', '.join(plan.projects)}")
    if plan.objects or plan.traces:
        verb = "Removed" if plan.done else "Would remove"
        oldest = "" if plan.oldest is None else f", the oldest from {datetime.fromtimestamp(plan.oldest).date()}"
        traces = f" and {plural(plan.traces, 'trace')}" if plan.traces else ""
        out.line(f"{verb} {plural(len(plan.objects), 'object')} ({amount(plan.bytes)}{oldest}){traces}")
    else:
        out.line("Nothing to remove")
    if plan.stays:
        out.line("Stays:")
        for stay in plan.stays:
            out.line(f"  {plural(stay.objects, 'object'):<12} {amount(stay.bytes):>10}   {_WHY[stay.why]}")
    if (plan.objects or plan.traces) and not plan.done:
        out.line(out.paint(f"Nothing was removed yet; {command} does it", "dim"))
