"""The state of stages as lines or as JSON data, for ``status``; imported once there is more to say."""

from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any, Final

from pivot.decide import Decision
from pivot.errors import MissingInput
from pivot.forecast import plan
from pivot.options import Options
from pivot.plan import Plan, Step, check_inputs, choose
from pivot.reasons import InputChanged, OutputEdited, OutputMissing, UpstreamRuns
from pivot.workspace import Workspace
from pivot_cli.boundary import message
from pivot_cli.decisions import UNCOMMITTED, explain_steps, show_decisions
from pivot_cli.quantities import plural
from pivot_cli.session import Session
from pivot_cli.tracked import show_tracked, tracked_data
from pivot_cli.words import shown_path, status

_OUTPUTS: Final = frozenset((OutputMissing, OutputEdited))
_ELSEWHERE: Final = _OUTPUTS | {InputChanged, UpstreamRuns}
"""The reasons of a stage that somebody else ran; any other would be one for a run here."""


def show_status(
    session: Session,
    workspace: Workspace,
    stages: tuple[str, ...],
    base: str,
    *,
    explain: bool,
    diff: bool,
    json: bool,
    tracked: bool,
) -> None:
    """Print the state of the stages, all if none is named; ``explain`` every reason, ``diff`` the source as well.

    With ``tracked`` also that of tracked data.
    """
    look, planned = plan(workspace, Options(stages, base=base), narrow=not (explain or diff or json))
    named = set(choose(look.manifest, planned.graph, stages, alone=True, base=base))
    steps = tuple(step for step in planned.steps if step.stage.name in named)
    pending = frozenset(step.stage.name for step in steps if workspace.pending.read(step.stage))
    if json:
        data = status_data(workspace.project.root, steps, pending)
        session.terminal.out.json(data | (tracked_data(workspace) if tracked else {}))
        return
    if explain or diff:
        explain_steps(session, workspace, look, steps, diff=diff)
        for name in sorted(pending):
            session.terminal.out.line(f"{name} {UNCOMMITTED}")
    else:
        show_decisions(session, [one for one in planned.decisions if one.stage in named], pending)
    if workspace.config.remotes:
        _offer_pull(session, [step.decision for step in steps])
    if tracked:
        show_tracked(session, workspace)
    _warn(session, planned, look.manifest.stages)


def status_data(root: Path, steps: Iterable[Step], pending: Container[str] = ()) -> dict[str, Any]:
    """Return the state of stages as JSON data, with what could not be followed in their code."""
    from pivot_cli.report import reason_data  # lazy: with all events, for --json only

    rows: list[dict[str, Any]] = [
        {
            "stage": step.stage.name,
            "status": status(step.decision).replace(" ", "_"),
            "action": step.decision.action,
            "reasons": [reason_data(reason, root, step) for reason in step.decision.reasons],
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


def _offer_pull(session: Session, decisions: Iterable[Decision]) -> None:
    """Say how to get what stages made elsewhere, as in a fresh clone or after a `git pull`: their records are here, and
    no cache has the bytes. Whether a remote has them is not asked."""
    told = 0
    for one in decisions:
        reasons = set(map(type, one.reasons))
        told += one.action == "run" and not reasons.isdisjoint(_OUTPUTS) and reasons <= _ELSEWHERE
    if told:
        words = f"The cache has no outputs of {plural(told, 'stage')}: pivot pull gets what a remote has of them"
        session.terminal.out.line(session.terminal.out.paint(words, "dim"))


def _warn(session: Session, planned: Plan, stages: Iterable[Any]) -> None:
    """Say what would stop a run before it begins; for a look at the state it is no error."""
    try:
        check_inputs(planned, stages)
    except MissingInput as error:
        for line in message(error.problem, error.fields()):
            session.terminal.err.line(line)
