"""The use case: bring stages up to date. Plan, then skip, restore or run each stage as soon as it may start.

How a plan is carried out is told in ``run``, how a stage is executed, recorded or shown elsewhere.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import perf_counter
from typing import NamedTuple

from pivot.doubt import Doubt
from pivot.early import Early
from pivot.events import Emit, Notice, RunFinished, RunStarted
from pivot.execute.executor import Failure
from pivot.graph import build
from pivot.look import Look
from pivot.manifest import Manifest
from pivot.narrow import narrow_plan
from pivot.options import Options
from pivot.plan import Plan, check_inputs, choose, make_plan
from pivot.run import MakeExecutor, Run
from pivot.tracked_inputs import check_tracked
from pivot.users import remember
from pivot.workspace import Workspace
from pivot_cache import CacheError


class Summary(NamedTuple):
    """How a run ended: each stage with what was done, and the failures by stage."""

    actions: Mapping[str, str]  # skip, restore, run, failed, cancelled, blocked
    failures: Mapping[str, Failure]
    seconds: float


def plan(
    workspace: Workspace, options: Options, *, narrow: bool = False, on_edit: Callable[[Manifest], None] | None = None
) -> tuple[Look, Plan]:
    """Return what a run with these options would do, and the view of the project that it was decided on.

    With ``narrow``, stages that are up to date for certain may not be looked at: they have no step. ``on_edit`` is
    called as soon as it is known that sources of the pipeline are not what they were.

    Raises ProjectError, UsageError.
    """
    look, planned, doubt = _plan(workspace, options, narrow, on_edit)
    if _is_usual(options) and (narrow or all(step.decision.action == "skip" for step in planned.steps)):
        remember(workspace, look, planned, doubt)
    return look, planned


def _plan(
    workspace: Workspace, options: Options, narrow: bool, on_edit: Callable[[Manifest], None] | None
) -> tuple[Look, Plan, Doubt | None]:
    """Return also what was left in doubt by what was remembered, if the plan was made from that."""
    doubt = workspace.doubt() if narrow and _is_usual(options) and not (options.force or options.reload) else None
    before = None if doubt is None else workspace.kept_manifest()
    as_then = doubt is not None and doubt.answer.manifest == workspace.manifest_name  # no other process has loaded it
    manifest = workspace.manifest(reload=options.reload, before=before)
    if workspace.edited and on_edit is not None:
        on_edit(manifest)
    if doubt is not None and before is not None and as_then:
        narrowed = narrow_plan(workspace, before, manifest, doubt)
        if narrowed is not None:
            return *narrowed, doubt
    look = workspace.look(manifest, pending=options.no_commit)
    look.presumed = options.presumed
    graph = build(manifest.stages)
    chosen = choose(manifest, graph, options.targets, alone=options.alone, base=options.base)
    return look, make_plan(workspace, look, graph, chosen, forced=options.force), None


def _is_usual(options: Options) -> bool:
    """Return whether a plan says of the whole pipeline what any other would say."""
    return not (options.targets or options.no_commit or options.presumed)


def repro(workspace: Workspace, options: Options, make_executor: MakeExecutor, emit: Emit) -> Summary:
    """Bring the chosen stages up to date, and say what happens through ``emit``.

    A failed stage is an event and part of the summary, not an exception; a disk that refuses to record it is such a
    failure. Raises ProjectError and UsageError, and only before anything has run.
    """
    started = perf_counter()
    first = not os.path.exists(workspace.project.home / "stages")
    with Early(make_executor, options.jobs or workspace.config.jobs) as early:

        def get_ready(manifest: Manifest) -> None:
            booted = early.boot(manifest.sources(str(workspace.project.root)))
            if first:
                booted.start(manifest.packages)

        look, planned, doubt = _plan(workspace, options, True, get_ready)
        check_inputs(planned, look.manifest.stages)
        running = [step.stage for step in planned.steps if step.decision.action == "run"]
        check_tracked(workspace, look, running, planned.missing, look.manifest.made())
        workspace.make()
        emit(RunStarted(tuple(decision.stage for decision in planned.decisions)))
        run = Run(workspace, look, planned, options, early.take, emit)
        run.see_through()
    if options.no_commit and not {"run", "restore"}.isdisjoint(run.actions.values()):
        emit(Notice("nothing is recorded of these results yet: pivot commit does that"))
    if _is_usual(options):
        with suppress(CacheError):  # all is done and told; the next plan says what is wrong
            if (settled := run.settled()) is not None:
                remember(workspace, look, settled, doubt)
    summary = Summary(run.actions, run.failures, perf_counter() - started)
    emit(finished(summary))
    return summary


def finished(summary: Summary) -> RunFinished:
    """Return a summary as the last event of its run."""
    listed = list(summary.actions.values())
    done, restored, skipped = listed.count("run"), listed.count("restore"), listed.count("skip")
    return RunFinished(done, restored, skipped, listed.count("failed"), listed.count("blocked"), summary.seconds)
