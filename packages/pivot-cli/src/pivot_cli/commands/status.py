"""``pivot status``: what would run, and why. Runs nothing and writes nothing but its memo."""

from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import click

from pivot.errors import MissingInput
from pivot.plan import Plan, Step, check_inputs, choose
from pivot.repro import Options, plan
from pivot_cli.boundary import message
from pivot_cli.report import reason_data
from pivot_cli.running import UNCOMMITTED, explain_steps, show_steps
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import base_of, open_workspace
from pivot_cli.words import shown_path, status


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
        base = base_of(session, workspace)
        look, planned = plan(workspace, Options(stages, base=base))
        named = set(choose(look.manifest, planned.graph, stages, alone=True, base=base))
        steps = tuple(step for step in planned.steps if step.stage.name in named)
        pending = frozenset(step.stage.name for step in steps if workspace.pending.read(step.stage))
        if as_json:
            session.terminal.out.json(status_data(workspace.project.root, steps, pending))
        elif explain or diff:
            explain_steps(session, workspace, look, steps, diff=diff)
            for name in sorted(pending):
                session.terminal.out.line(f"{name} {UNCOMMITTED}")
        else:
            show_steps(session, steps, pending)
        if not as_json:
            _warn(session, planned, look.manifest.stages)
    return 0


def status_data(root: Path, steps: Iterable[Step], pending: Container[str] = ()) -> dict[str, Any]:
    """Return the state of stages as JSON data, with what could not be followed in their code."""
    rows: list[dict[str, Any]] = [
        {
            "stage": step.stage.name,
            "status": status(step.decision).replace(" ", "_"),
            "action": step.decision.action,
            "reasons": [reason_data(reason, root) for reason in step.decision.reasons],
            "uncommitted": step.stage.name in pending,
            "undeclared_reads": list(step.now.reads),
            "opaque": [{**one._asdict(), "file": shown_path(root, one.file)} for one in step.now.opaque],
        }
        for step in steps
    ]
    states = [row["status"] for row in rows]
    words = ("up_to_date", "will_restore", "will_run", "may_run")
    summary = {word: states.count(word) for word in words}
    opaque = sum(len(row["opaque"]) for row in rows)
    return {"root": str(root), "stages": rows, "summary": {**summary, "opaque": opaque}}


def _warn(session: Session, planned: Plan, stages: Iterable[Any]) -> None:
    """Say what would stop a run before it begins; for a look at the state it is no error."""
    try:
        check_inputs(planned, stages)
    except MissingInput as error:
        for line in message(error.problem, error.fields()):
            session.terminal.err.line(line)
