"""Accepting code as equivalent: the present code is recorded as that of the present outputs, without a run.

For a change that cannot matter, though Pivot cannot know it. The reason is kept in the lock, where a reviewer sees it.
"""

from pivot.commit import keep_sources
from pivot.errors import UsageError
from pivot.lock import Lock
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.plan import Step
from pivot.reasons import CodeChanged, PackageChanged, SchemeChanged
from pivot.traces import keep_trace
from pivot.workspace import Workspace


def accept(workspace: Workspace, look: Look, step: Step, reason: str) -> Lock:
    """Record the code of a stage, as it is now, as what made its outputs; return the new lock.

    The reasons for what was accepted since the stage ran stay with it.

    Raises UsageError where something other than code changed: then the outputs are not those of the present state.
    """
    stage: StageSpec = step.stage
    if not isinstance(step.lock, Lock):
        raise UsageError(
            "the stage was never run, there is nothing to accept", stage=stage.name, hint=f"pivot repro {stage.name}"
        )
    other = [
        reason
        for reason in step.decision.reasons
        if not isinstance(reason, CodeChanged | PackageChanged | SchemeChanged)
    ]
    if other:
        raise UsageError(
            "more than its code changed, so its outputs may be stale",
            stage=stage.name,
            hint=f"pivot status --explain {stage.name} shows what; pivot repro {stage.name} runs it",
        )
    if not step.decision.reasons:
        raise UsageError("the stage is up to date, there is nothing to accept", stage=stage.name)
    workspace.store.hold()
    now = step.now
    reasons = [one for one in (step.lock.accepted, reason) if one]
    lock = step.lock._replace(
        scheme=now.scheme, parts=now.parts, packages=dict(now.code.packages), accepted="; ".join(reasons)
    )
    keep_sources(workspace, look, now.code)
    keep_trace(workspace.runs, now, lock)
    workspace.write_locks([(stage, lock)])
    return lock
