"""The use case: bring stages up to date. Plan, then skip, restore or run each stage as soon as it may start.

How a plan is carried out is told in ``run``, how a stage is executed, recorded or shown elsewhere.
"""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import NamedTuple

from pivot.early import Early
from pivot.events import Emit, Notice, RunFinished, RunStarted
from pivot.execute.executor import Failure
from pivot.graph import build
from pivot.look import Look
from pivot.manifest import Manifest
from pivot.options import Options
from pivot.plan import Plan, check_inputs, choose, make_plan
from pivot.run import MakeExecutor, Run
from pivot.standing import remember
from pivot.tracked_inputs import check_tracked
from pivot.workspace import Workspace


class Summary(NamedTuple):
    """How a run ended: each stage with what was done, and the failures by stage."""

    actions: Mapping[str, str]  # skip, restore, run, failed, cancelled, blocked
    failures: Mapping[str, Failure]
    seconds: float


def plan(
    workspace: Workspace, options: Options, *, on_edit: Callable[[Manifest], None] | None = None
) -> tuple[Look, Plan]:
    """Return what a run with these options would do, and the view of the project that it was decided on.

    ``on_edit`` is called as soon as it is known that sources of the pipeline are not what they were.

    Raises ProjectError, UsageError.
    """
    manifest = workspace.manifest(reload=options.reload)
    if workspace.edited and on_edit is not None:
        on_edit(manifest)
    look = workspace.look(manifest, pending=options.no_commit)
    look.presumed = options.presumed
    graph = build(manifest.stages)
    chosen = choose(manifest, graph, options.targets, alone=options.alone, base=options.base)
    planned = make_plan(workspace, look, graph, chosen, forced=options.force)
    usual = not (options.targets or options.no_commit or options.presumed)
    if usual and all(step.decision.action == "skip" for step in planned.steps):
        remember(workspace, look, planned)
    return look, planned


def repro(workspace: Workspace, options: Options, make_executor: MakeExecutor, emit: Emit) -> Summary:
    """Bring the chosen stages up to date, and say what happens through ``emit``.

    A failed stage is an event and part of the summary, not an exception; a disk that refuses to record it is such a
    failure. Raises ProjectError and UsageError, and only before anything has run.
    """
    started = perf_counter()
    with Early(workspace, options, make_executor) as early:
        look, planned = plan(workspace, options, on_edit=early.boot)
        check_inputs(planned, look.manifest.stages)
        running = [step.stage for step in planned.steps if step.decision.action == "run"]
        check_tracked(workspace, look, running, planned.missing, look.manifest.made())
        workspace.make()
        emit(RunStarted(tuple(step.stage.name for step in planned.steps)))
        run = Run(workspace, look, planned, options, early.take, emit)
        run.see_through()
    if options.no_commit and not {"run", "restore"}.isdisjoint(run.actions.values()):
        emit(Notice("nothing is recorded of these results yet: pivot commit does that"))
    summary = Summary(run.actions, run.failures, perf_counter() - started)
    emit(finished(summary))
    return summary


def finished(summary: Summary) -> RunFinished:
    """Return a summary as the last event of its run."""
    listed = list(summary.actions.values())
    done, restored, skipped = listed.count("run"), listed.count("restore"), listed.count("skip")
    return RunFinished(done, restored, skipped, listed.count("failed"), listed.count("blocked"), summary.seconds)
