"""The plan: what a run would do, stage by stage, as far as it can be known before anything runs.

Decides each stage in order. The result of a stage that will be restored is known already, so what follows it is decided
exactly; what follows a stage that will run gets the reason "upstream will run".
"""

import posixpath
from collections.abc import Iterable, Mapping

from pivot.decide import Decision, decide
from pivot.errors import MissingInput, UsageError
from pivot.graph import Graph, makers
from pivot.lock import Lock
from pivot.look import Look
from pivot.manifest import Manifest, StageSpec
from pivot.observation import Observation
from pivot.paths import parents
from pivot.record import Damaged
from pivot.suggest import closest, did_you_mean
from pivot.traces import complete, find_trace
from pivot.tracked_inputs import missing_inputs
from pivot.workspace import Workspace
from pivot_cache import Content
from pivot_fingerprint.named import NamedTuple


class Step(NamedTuple):
    """One stage of a plan: what was seen, what is recorded, what will be done; ``trace`` is what would be restored."""

    stage: StageSpec
    now: Observation
    lock: Lock | Damaged | None
    decision: Decision
    trace: Lock | None


class Plan(NamedTuple):
    """The steps in the order in which they can be taken; ``missing`` is tracked data that stages read and that is not
    there: it counts as if it were. ``standing`` are stages that were not looked at, since they are up to date for
    certain."""

    graph: Graph
    steps: tuple[Step, ...]
    missing: Mapping[str, Content]
    standing: tuple[str, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is decided, of the stages that were not looked at as well; in order."""
        if not self.standing:
            return tuple(step.decision for step in self.steps)
        found = {step.stage.name: step.decision for step in self.steps}
        standing = {name: Decision(name, "skip") for name in self.standing}
        return tuple(found.get(name) or standing[name] for name in self.graph.order)

    def step(self, stage: str) -> Step:
        """Return the step of a stage; KeyError if it is not part of the plan."""
        for step in self.steps:
            if step.stage.name == stage:
                return step
        raise KeyError(stage)


def choose(
    manifest: Manifest, graph: Graph, targets: Iterable[str], *, alone: bool = False, base: str = "."
) -> tuple[str, ...]:
    """Return the stages that a command works on, in order: the targets (all, if none is named) and what they depend on.

    ``alone`` leaves out what they depend on. A target is a stage, or the path of an output, relative to ``base``,
    which is relative to the project root.

    Raises UsageError for an unknown one, with the nearest known.
    """
    known = {stage.name for stage in manifest.stages}
    paths = {out.path.rstrip("/"): stage.name for stage in manifest.stages for out in stage.outs}
    wanted = []
    for target in targets:
        name = target if target in known else paths.get(posixpath.normpath(posixpath.join(base, target)))
        if name is None:
            raise UsageError(f"there is no stage {target!r}", hint=did_you_mean(target, known))
        wanted.append(name)
    if not wanted:
        return graph.order
    if alone:
        return tuple(name for name in graph.order if name in wanted)
    return graph.closure(wanted)


def make_plan(workspace: Workspace, look: Look, graph: Graph, chosen: Iterable[str], *, forced: bool = False) -> Plan:
    """Decide every chosen stage, in order."""
    chosen = tuple(chosen)
    stages = {stage.name: stage for stage in look.manifest.stages}
    missing = missing_inputs(workspace, look, [stages[name] for name in chosen])
    known: dict[str, Content] = dict(missing)  # and outputs that will be there, though they are not there now
    steps: list[Step] = []
    running: set[str] = set()
    for name in chosen:
        stage = stages[name]
        upstream = tuple(one for one in graph.upstream[name] if one in running)
        step = take_step(workspace, look, stage, look.locks[name], known=known, forced=forced, upstream=upstream)
        if step.decision.action == "run":
            running.add(name)
        if step.trace:
            known |= {path.rstrip("/"): output.content for path, output in step.trace.outputs.items()}
        steps.append(step)
    return Plan(graph, tuple(steps), missing)


def take_step(
    workspace: Workspace,
    look: Look,
    stage: StageSpec,
    lock: Lock | Damaged | None,
    *,
    known: Mapping[str, Content] | None = None,
    forced: bool = False,
    upstream: tuple[str, ...] = (),
) -> Step:
    """Observe and decide one stage; ``known`` are contents that will be at their paths by the time it runs."""
    now = look.observe(stage, lock)
    if known:
        now = now.with_inputs(
            dict(now.inputs) | {path: known[path.rstrip("/")] for path in now.inputs if path.rstrip("/") in known}
        )
    decision = decide(now, lock, forced=forced, upstream=upstream)
    if decision.action == "run" and not forced and not upstream and (trace := _restorable(workspace, look, now)):
        return Step(stage, now, lock, decide(now, lock, known=True), trace)
    return Step(stage, now, lock, decision, None)


def _restorable(workspace: Workspace, look: Look, now: Observation) -> Lock | None:
    trace = find_trace(workspace.runs, look, now)
    return trace if trace and complete(workspace.store, trace) else None


def is_there(path: str, content: Content | None) -> bool:
    """Return whether what is declared as an input is there, and a directory where it says so."""
    return content is not None and not (path.endswith("/") and content.kind in ("file", "executable"))


def check_inputs(plan: Plan, project_stages: Iterable[StageSpec]) -> None:
    """Raise MissingInput for an input that neither a file nor a stage of the plan provides, or a directory that is a
    file."""
    made = {out.path.rstrip("/"): stage.name for stage in project_stages for out in stage.outs}
    planned = {step.stage.name for step in plan.steps}
    for step in plan.steps:
        for dep in step.stage.deps:
            there = step.now.inputs[dep.path]
            if is_there(dep.path, there):
                continue
            path = dep.path.rstrip("/")
            makers_of = [*makers(path, made), *(name for one, name in made.items() if path in parents(one))]
            if any(name in planned for name in makers_of):
                continue
            if there is not None:
                problem = f"the input {dep.path} is a file, and the slash says that it is a directory"
                raise MissingInput(problem, argument=dep.param, **step.stage.place, hint=f"write {path}")
            if makers_of:
                hint = f"run {makers_of[0]} first, or use: pivot repro {step.stage.name}"
            elif close := _nearest(path, made):
                hint = f"did you mean {close}, which {made[close]} makes?"
            else:
                hint = "make the file, or declare it as the output of a stage"
            raise MissingInput(
                f"the input {dep.path} does not exist" + ("" if makers_of else " and no stage makes it"),
                argument=dep.param,
                **step.stage.place,
                hint=hint,
            )


def _nearest(path: str, made: Iterable[str]) -> str | None:
    """Return the output with the name nearest to that of a path; directories and suffixes are alike too often."""
    by_name = {_name(one): one for one in made}
    close = closest(_name(path), by_name)
    return None if close is None else by_name[close]


def _name(path: str) -> str:
    return posixpath.basename(path).partition(".")[0]
