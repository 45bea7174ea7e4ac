"""``pivot verify``: whether everything is up to date, for a machine to ask. Runs nothing."""

from time import perf_counter

import click

from pivot.absence import presume
from pivot.forecast import plan
from pivot.options import Options
from pivot.plan import check_inputs
from pivot.records import find_records
from pivot_cli.decisions import show_decisions
from pivot_cli.markdown import write_summary
from pivot_cli.quantities import plural, up_to_date
from pivot_cli.report import plan_data
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of, open_workspace

OUTDATED = 1


@click.command(
    name="verify",
    cls=Exemplified,
    examples=[
        ("pivot verify", "is everything up to date?"),
        ("pivot verify --allow-missing", "in a fresh clone, without data"),
        ("pivot verify --summary summary.md", "and tell it as Markdown"),
    ],
)
@click.argument("stages", nargs=-1)
@option("--allow-missing", is_flag=True, help="Believe the records about data that is not here.")
@option("--summary", metavar="FILE", help="Add the result to FILE, as Markdown.")
@as_json
@common
@click.pass_obj
def command(
    session: Session, /, stages: tuple[str, ...], allow_missing: bool, summary: str | None, as_json: bool
) -> int:
    """Check that stages are up to date, with all they depend on.

    Runs nothing and changes nothing. Exit code 1 if a stage would run or be restored. With --allow-missing, outputs
    and tracked data that are not here count as their records say, so that nothing has to be downloaded.
    """
    began = perf_counter()
    out = session.terminal.out
    with open_workspace(session) as workspace:
        presumed = presume(find_records(workspace.project.root)) if allow_missing else {}
        look, planned = plan(workspace, Options(stages, base=base_of(session, workspace), presumed=presumed))
        check_inputs(planned, look.manifest.stages)
        data = plan_data(workspace.project.root, (step.decision for step in planned.steps), perf_counter() - began)
    outdated = tuple(step for step in planned.steps if step.decision.action != "skip")
    if summary is not None:
        write_summary(session.start / summary, data, title="pivot verify", would=True)
    if as_json:
        out.json(data)
    elif not session.quiet:
        if outdated:
            show_decisions(session, [step.decision for step in outdated])
            out.line(f"{len(outdated)} of {plural(len(planned.steps), 'stage')} not up to date")
        else:
            out.line(up_to_date(len(planned.steps), data["seconds"]))
    return OUTDATED if outdated else 0
