"""What a run would do: the plan, of everything or of what is in doubt, and the answer that is remembered of it.

Every look at the state of a project asks here; whoever carries a plan out is ``repro``.
"""

from collections.abc import Callable

from pivot.doubt import Doubt
from pivot.graph import build
from pivot.look import Look
from pivot.manifest import Manifest
from pivot.narrow import narrow_plan
from pivot.options import Options
from pivot.plan import Plan, choose, make_plan
from pivot.users import remember
from pivot.workspace import Workspace


def plan(workspace: Workspace, options: Options, *, narrow: bool = False) -> tuple[Look, Plan]:
    """Return what a run with these options would do, and the view of the project that it was decided on.

    With ``narrow``, stages that are up to date for certain may not be looked at: they have no step.

    Raises ProjectError, UsageError.
    """
    look, planned, doubt = foresee(workspace, options, narrow=narrow)
    if is_usual(options) and (narrow or all(step.decision.action == "skip" for step in planned.steps)):
        remember(workspace, look, planned, doubt)
    return look, planned


def foresee(
    workspace: Workspace, options: Options, *, narrow: bool, on_edit: Callable[[Manifest], None] | None = None
) -> tuple[Look, Plan, Doubt | None]:
    """Return what ``plan`` does, and what was in doubt of what was remembered, if the plan was made from that.

    ``on_edit`` is called as soon as it is known that sources of the pipeline are not what they were.
    """
    doubt = workspace.doubt() if narrow and is_usual(options) and not (options.force or options.reload) else None
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


def is_usual(options: Options) -> bool:
    """Return whether a plan says of the whole pipeline what any other would say."""
    return not (options.targets or options.no_commit or options.presumed)
