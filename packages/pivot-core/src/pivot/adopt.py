"""The use case: what lies in the work tree becomes the recorded result of a stage, without a run.

A result of ``repro --no-commit`` is recorded exactly as it was made, or refused if anything that it was made from
changed since. Outputs made by hand are recorded as the result of the present code and inputs, and the lock says so.
"""

from collections.abc import Iterator, Sequence
from time import sleep
from typing import Literal

from pivot.commit import keep_sources
from pivot.decide import decide
from pivot.gitignore import ignore
from pivot.graph import build
from pivot.lock import Lock, Output
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.observation import Observation
from pivot.plan import choose
from pivot.reasons import Reason
from pivot.record import Damaged
from pivot.stage_locks import POLL, StageLocks
from pivot.traces import complete, keep_trace
from pivot.workspace import Workspace
from pivot_cache import Content, DiskError, SourceError
from pivot_fingerprint.named import NamedTuple

BY_HAND = "committed by hand"


class Committed(NamedTuple):
    """What came of one stage: ``recorded``, ``same`` as recorded before, or ``refused`` for a ``problem``.

    ``reasons`` are what changed since the result was made, where that is the problem.
    """

    stage: str
    fate: Literal["recorded", "same", "refused"]
    problem: str | None = None
    hint: str | None = None
    reasons: tuple[Reason, ...] = ()


class Options(NamedTuple):
    """Which stages; none stands for all with a result of ``--no-commit``. ``force`` records what would be refused."""

    targets: tuple[str, ...] = ()
    force: bool = False
    base: str = "."


def adopt(workspace: Workspace, options: Options) -> Iterator[Committed]:
    """Record the results of stages as they lie in the work tree; a refusal does not keep the others.

    Waits for another pivot that is at work on a stage. Raises ProjectError, UsageError, CacheError.
    """
    look = workspace.look(workspace.manifest(), pending=True)
    graph = build(look.manifest.stages)
    names: Sequence[str] = graph.order
    if options.targets:
        names = choose(look.manifest, graph, options.targets, alone=True, base=options.base)
    stages = [look.manifest.stage(name) for name in names]
    if not options.targets:
        stages = [stage for stage in stages if workspace.pending.find(stage)]
    workspace.store.hold()
    locks = StageLocks(workspace.project.home, look.manifest, graph)
    for stage in stages:
        try:
            while locks.take(stage.name):
                sleep(POLL)
        except DiskError as error:
            if not error.read_only:  # nobody is at work there; what is recorded already is told all the same
                raise
        try:
            look.forget(stage)
            yield _adopt(workspace, look, stage, options)
        finally:
            locks.release(stage.name)


def _adopt(workspace: Workspace, look: Look, stage: StageSpec, options: Options) -> Committed:
    pending = workspace.pending.find(stage)
    if isinstance(pending, Damaged):
        if not options.targets:  # what was made by hand is named
            hint = f"pivot repro --no-commit {stage.name} makes the result anew"
            return Committed(stage.name, "refused", pending.problem, hint)
        pending = None
    before = pending or workspace.lock(stage)
    now = look.observe(stage, before)
    if refusal := _impossible(look, now):
        return refusal
    reasons = decide(now, before).reasons
    if isinstance(before, Lock):
        if not reasons:
            if before is not pending and complete(workspace.store, before):
                return Committed(stage.name, "same")
            return _record(workspace, look, now, before)
        if not options.force and (pending or _outputs(before) == now.outputs):
            return _outdated(stage.name, reasons)
    return _record(workspace, look, now, _by_hand(now, before))


def _outputs(lock: Lock) -> dict[str, Content]:
    return {path: output.content for path, output in lock.outputs.items()}


def _impossible(look: Look, now: Observation) -> Committed | None:
    for word, contents in (("input", now.inputs), ("output", now.outputs)):
        try:
            look.check_readable(contents)
        except SourceError as error:
            return Committed(now.stage.name, "refused", str(error), f"then run: pivot repro {now.stage.name}")
        for path, content in contents.items():
            if content is None:
                hint = f"pivot repro {now.stage.name} makes what is missing"
                return Committed(now.stage.name, "refused", f"the {word} {path} does not exist", hint)
    return None


def _outdated(stage: str, reasons: tuple[Reason, ...]) -> Committed:
    return Committed(
        stage,
        "refused",
        "its outputs are not the result of the present state",
        f"pivot repro {stage} makes them anew; -f records them as they are",
        reasons,
    )


def _by_hand(now: Observation, before: object) -> Lock:
    """Return a record of the present state; ``before`` is the one that said what to look at."""
    return Lock(
        now.stage.name,
        now.scheme,
        now.parts,
        before.observed if isinstance(before, Lock) else (),
        dict(now.code.packages),
        now.stage.params,
        {path: content for path, content in now.inputs.items() if content is not None},
        now.reads,
        now.env,
        {out.path: Output(_there(now.outputs[out.path]), out.kind) for out in now.stage.outs},
        BY_HAND,
    )


def _there(content: Content | None) -> Content:
    assert content is not None
    return content


def _record(workspace: Workspace, look: Look, now: Observation, lock: Lock) -> Committed:
    """Keep the outputs, which must still be what the record says, then the record: the order of any commit."""
    stage = now.stage
    outputs = [(look.absolute(path), output.content) for path, output in lock.outputs.items()]
    workspace.store.save_all(outputs, scan=look.scan)
    ignore(workspace.project.root, (out.path for out in stage.outs if out.kind == "out"))
    keep_trace(workspace.runs, now, lock)
    keep_sources(workspace, look, now.code)
    workspace.write_locks([(stage, lock)])
    workspace.pending.drop(stage)
    return Committed(stage.name, "recorded")
