"""A plan that looks only at the stages in doubt, and at what comes after them.

About the others a plan of everything would say what was remembered: that they are up to date. Which are in doubt is
told by ``doubt``, by the manifests, and by the fingerprints; what is to be done with them is decided as ever, by
``plan``.
"""

from pivot.doubt import Doubt
from pivot.graph import build
from pivot.look import Look
from pivot.manifest import Manifest, StageSpec
from pivot.plan import Plan, is_there, make_plan
from pivot.workspace import Workspace


def narrow_plan(workspace: Workspace, before: Manifest, manifest: Manifest, doubt: Doubt) -> tuple[Look, Plan] | None:
    """Return the view and the plan; None if everything has to be looked at. ``before`` is the manifest of the doubt."""
    stages = {stage.name: stage for stage in manifest.stages}
    others = {name for name in doubt.answer.stages if name not in doubt.stages}
    doubtful = {name for name in stages if name not in others} | _declared_anew(before, manifest)
    look = workspace.look(manifest, only=doubtful, observed=doubt.observed)
    differing = look.differing(doubt.code)
    if differing is None:
        return None
    graph = build(manifest.stages)
    chosen = graph.below(doubtful | differing)
    workspace.read_locks(look, [stages[name] for name in chosen if name not in doubtful])
    planned = make_plan(workspace, look, graph, chosen)
    if planned.missing or not all(is_there(*one) for step in planned.steps for one in step.now.inputs.items()):
        return None  # there is more to say of these than a part of the pipeline tells
    return look, planned._replace(standing=tuple(name for name in graph.order if name not in chosen))


def _declared_anew(before: Manifest, manifest: Manifest) -> set[str]:
    """Return the stages that are not declared as they were, but for lines and for what is a matter of code."""
    if before is manifest:
        return set()
    old = {stage.name: stage for stage in before.stages}
    return {
        stage.name
        for stage in manifest.stages
        if (was := old.get(stage.name)) is not stage and (was is None or _declared(was) != _declared(stage))
    }


def _declared(stage: StageSpec) -> tuple[object, ...]:
    deps = [(dep.param, dep.path, dep.loader[:2]) for dep in stage.deps]
    outs = [(out.key, out.path, out.kind, out.loader[:2]) for out in stage.outs]
    return stage.pipeline, stage.live, stage.params, deps, outs
