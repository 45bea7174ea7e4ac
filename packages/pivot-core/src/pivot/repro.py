"""The use case: bring stages up to date. Plan, then skip, restore or run each stage as soon as it may start.

How a plan is carried out is told in ``run``, how a stage is executed, recorded or shown elsewhere.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter

from pivot.early import Early
from pivot.events import Emit, Notice, RunFinished, RunStarted
from pivot.execute.executor import Failure
from pivot.forecast import foresee, is_usual
from pivot.manifest import Manifest
from pivot.options import Options
from pivot.plan import check_inputs
from pivot.run import MakeExecutor, Run
from pivot.tracked_inputs import check_tracked
from pivot.users import remember
from pivot.workspace import Workspace
from pivot_cache import CacheError
from pivot_fingerprint.named import NamedTuple


class Summary(NamedTuple):
    """How a run ended: each stage with what was done, and the failures by stage."""

    actions: Mapping[str, str]  # skip, restore, run, failed, cancelled, blocked
    failures: Mapping[str, Failure]
    seconds: float


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

        look, planned, doubt = foresee(workspace, options, narrow=True, on_edit=get_ready)
        check_inputs(planned, look.manifest.stages)
        running = [step.stage for step in planned.steps if step.decision.action == "run"]
        check_tracked(workspace, look, running, planned.missing, look.manifest.made())
        workspace.make()
        emit(RunStarted(tuple(decision.stage for decision in planned.decisions)))
        run = Run(workspace, look, planned, options, early.take, emit)
        run.see_through()
    if options.no_commit and not {"run", "restore"}.isdisjoint(run.actions.values()):
        emit(Notice("nothing is recorded of these results yet: pivot commit does that"))
    if is_usual(options):
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
