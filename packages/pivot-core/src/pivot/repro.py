"""The use case: bring stages up to date. Plan, then skip, restore or run each stage as soon as it may start.

Reads as the story of one run; how a stage is executed, recorded or shown is told elsewhere.
"""

from collections.abc import Callable, Collection, Mapping
from time import perf_counter, sleep, time_ns
from typing import NamedTuple

from pivot.commit import verify
from pivot.events import (
    Emit,
    Event,
    Notice,
    RunFinished,
    RunStarted,
    StageBlocked,
    StageCancelled,
    StageDone,
    StageFailed,
    StageOutput,
    StageRestored,
    StageSkipped,
    StageStarted,
)
from pivot.execute.executor import Executor, Failure, Output, Result, WorkOrder
from pivot.graph import build
from pivot.look import Look
from pivot.manifest import Manifest, StageSpec
from pivot.outputs import clear_outputs, restore_outputs
from pivot.plan import Plan, Step, check_inputs, choose, make_plan, take_step
from pivot.recorder import Ended, Recorder
from pivot.refusal import REFUSED, refusal
from pivot.schedule import Schedule
from pivot.stage_locks import POLL, StageLocks
from pivot.standing import remember
from pivot.tracked_inputs import check_tracked, missing_inputs, take_tracked
from pivot.workspace import Workspace
from pivot_cache import Content
from pivot_cache.errors import ObjectError, printable

PATIENCE = 4.0  # seconds for what runs to end after an interruption

type MakeExecutor = Callable[[Manifest, int], Executor]


class Options(NamedTuple):
    """How to run: ``alone`` leaves out what the targets depend on; ``jobs`` None means as configured.

    Targets that are paths begin at ``base``, the directory of whoever names them, relative to the project root. With
    ``no_commit`` results stay in the work tree, and what they were made from becomes a pending record. A stage waits at
    most ``lock_timeout`` seconds for another process that is at work on it. ``presumed``: see ``absence``.
    """

    targets: tuple[str, ...] = ()
    alone: bool = False
    force: bool = False
    keep_going: bool = False
    jobs: int | None = None
    reload: bool = False
    base: str = "."
    no_commit: bool = False
    lock_timeout: float | None = None
    presumed: Mapping[str, Content] = {}


class Summary(NamedTuple):
    """How a run ended: each stage with what was done, and the failures by stage."""

    actions: Mapping[str, str]  # skip, restore, run, failed, cancelled, blocked
    failures: Mapping[str, Failure]
    seconds: float


def plan(workspace: Workspace, options: Options) -> tuple[Look, Plan]:
    """Return what a run with these options would do, and the view of the project that it was decided on.

    Raises ProjectError, UsageError.
    """
    manifest = workspace.manifest(reload=options.reload)
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
    look, planned = plan(workspace, options)
    check_inputs(planned, look.manifest.stages)
    running = [step.stage for step in planned.steps if step.decision.action == "run"]
    check_tracked(workspace, look, running, planned.missing, look.manifest.made())
    emit(RunStarted(tuple(step.stage.name for step in planned.steps)))
    run = Run(workspace, look, planned, options, make_executor, emit)
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


class Run:
    """One run under way: the schedule, the executor once something must run, and what came of each stage.

    ``attend`` is called again and again while stages run, and may ``supersede`` the run.
    """

    def __init__(
        self,
        workspace: Workspace,
        look: Look,
        planned: Plan,
        options: Options,
        make_executor: MakeExecutor,
        emit: Emit,
        *,
        attend: "Callable[[Run], None] | None" = None,
    ) -> None:
        self.workspace = workspace
        self.look = look
        self.plan = planned
        self.options = options
        self.emit = emit
        self.actions: dict[str, str] = {}
        self.failures: dict[str, Failure] = {}
        self._schedule = Schedule((step.stage for step in planned.steps), planned.graph)
        self._make_executor = make_executor
        self._executor: Executor | None = None
        self._noticed = False
        self._attend = attend
        self.superseded = False
        self._running: dict[str, tuple[Step, int]] = {}  # and when each began, in nanoseconds since the epoch
        self._steps = {step.stage.name: step for step in planned.steps}
        self._locks = StageLocks(workspace.project.home, look.manifest, planned.graph)
        self._awaited: dict[str, float] = {}  # stages that another process holds, and since when we wait
        self._spoilt: set[str] = set()  # stages that could not be given back
        self._made = look.manifest.made()
        self._recorder = Recorder(workspace, look, pending=options.no_commit)
        self._fresh: set[str] = set()  # stages whose outputs this run has made or given back

    @property
    def executor(self) -> Executor:
        """The executor, started when the first stage needs it."""
        if self._executor is None:
            self._executor = self._make_executor(self.look.manifest, self.options.jobs or self.workspace.config.jobs)
            self._executor.start()
        return self._executor

    def see_through(self) -> None:
        """Carry the plan out, and leave nothing running, whatever happens."""
        try:
            self.carry_out()
        except KeyboardInterrupt:
            self.cancel()
            raise
        finally:
            self.close()

    def carry_out(self) -> None:
        """Settle every stage of the plan."""
        if any(step.decision.action == "run" for step in self.plan.steps):
            _ = self.executor  # its imports go on while the first stages are prepared
        while not self._schedule.over:
            if self._attend is not None:
                self._attend(self)
            if self.superseded and not (self._running or self._recorder.waiting):
                break
            later = [] if self.superseded else self._take_ready()
            elsewhere = any(stage.name in self._awaited for stage in later)
            if self._recorder.waiting and (self._recorder.due or not self._full):
                self._record()
            elif self._running:
                for event in self.executor.events(
                    POLL if elsewhere or self._attend or self._recorder.waiting else None
                ):
                    self._receive(event)
            elif elsewhere:
                sleep(POLL)

    def _take_ready(self) -> list[StageSpec]:
        """Settle or start what is ready; return the stages that must wait."""
        later: list[StageSpec] = []
        for stage in self._schedule.ready():
            try:
                settled = self._settle_or_start(stage)
            except REFUSED as error:
                settled = self._fail(stage, refusal(error))
            if not settled:
                later.append(stage)
                if self._full:
                    break
        for stage in later:
            self._schedule.defer(stage)
        return later

    @property
    def running(self) -> tuple[Step, ...]:
        """The stages that are running, as they were decided."""
        return tuple(step for step, _ in self._running.values())

    def supersede(self, unwanted: Collection[str] = ()) -> None:
        """Start no further stage, and end the ``unwanted`` ones; what else is running is waited for and recorded."""
        self.superseded = True
        for stage in unwanted:
            self.end(stage)

    def end(self, stage: str) -> None:
        """End a stage if it is running; what depends on it is blocked."""
        if stage in self._running:
            self.executor.cancel(stage)

    def cancel(self) -> None:
        """Record what has ended, ask the rest to end and wait a little; a second interruption ends the patience.

        The first one may have come at any instant, so the end of a stage may have been lost.
        """
        self._record()
        if self._executor is None:
            return
        self._executor.cancel()
        give_up = perf_counter() + PATIENCE
        while self._running and (left := give_up - perf_counter()) > 0:
            for event in self._executor.events(left):
                if isinstance(event, Result):
                    self._running.pop(event.stage, None)

    def close(self) -> None:
        """End what is still running, at once."""
        if self._executor is not None:
            self._executor.close()

    def _settle_or_start(self, stage: StageSpec) -> bool:
        """Do what is to be done with a stage; False if it must wait for a slot or for another process."""
        blocker = self._blocker(stage)
        if blocker is not None or self._stopping:
            self._settle(stage, "blocked", StageBlocked(stage.name, blocker))
            return True
        step = self._steps[stage.name]
        if not self._fresh.isdisjoint(self.plan.graph.upstream[stage.name]):
            step = self._decide(stage)
        if step.decision.action == "run" and self._full:
            return False
        if step.decision.action != "skip":
            if holder := self._locks.take(stage.name):
                return self._wait(stage, holder)
            self._hold_store()
            step = self._decide(stage)  # another process may have been here
            if step.decision.action == "run" and self._full:
                self._locks.release(stage.name)
                return False
        match step.decision.action:
            case "skip":
                self._settle(stage, "skip", StageSkipped(stage.name))
            case "restore":
                return self._restore(step)
            case "run":
                self._start(step)
        return True

    def _decide(self, stage: StageSpec) -> Step:
        self.look.forget(stage)
        lock = self.workspace.lock(stage, pending=self.options.no_commit)
        missing = missing_inputs(self.workspace, self.look, [stage]) if self.plan.missing else None
        step = take_step(self.workspace, self.look, stage, lock, known=missing, forced=self.options.force)
        self._steps[stage.name] = step
        return step

    def _hold_store(self) -> None:
        """From here on nothing goes away that the cache has: what is decided and recorded relies on it."""
        if not self.workspace.store.hold(wait=False):
            self.emit(Notice("waiting for another pivot, which removes objects from the cache"))
            self.workspace.store.hold()

    def _wait(self, stage: StageSpec, holder: str) -> bool:
        """Let a stage wait for another process; True if it has waited for long enough, and so failed."""
        limit = self.options.lock_timeout
        now = perf_counter()
        since = self._awaited.setdefault(stage.name, now)
        if limit is not None and now - since >= limit:
            hint = "run again once it has ended; without --no-wait and --lock-timeout Pivot waits for it"
            return self._fail(stage, Failure("busy", f"another pivot is at work on {holder}", hint=hint))
        if since == now:
            self.emit(Notice(f"waiting for another pivot, which is at work on {holder}", stage.name))
        return False

    def _restore(self, step: Step) -> bool:
        """Give back a stage's outputs; False if the cache turned out not to have them, so that it has to run."""
        name = step.stage.name
        started = perf_counter()
        assert step.trace is not None
        try:
            for saved in restore_outputs(
                self.workspace, self.look, step.now, step.trace, pending=self.options.no_commit
            ):
                self.emit(Notice(saved, name))
        except ObjectError as error:  # what is damaged is out of the way now, and not found the next time
            if name in self._spoilt:
                raise
            self._spoilt.add(name)
            self._locks.release(name)
            self.emit(Notice(f"it cannot be given back, so it runs: {error}", name))
            return False
        self._settle(step.stage, "restore", StageRestored(name, step.decision.reasons, perf_counter() - started))
        return True

    def _start(self, step: Step) -> None:
        stage, look = step.stage, self.look
        for remark in take_tracked(self.workspace, look, stage, self._made):
            self.emit(Notice(remark, stage.name))
        for saved in clear_outputs(self.workspace, look, step.now, pending=self.options.no_commit):
            self.emit(Notice(saved, stage.name))
        order = WorkOrder(
            stage.name,
            str(look.project.root),
            str(look.project.pipeline),
            tuple((path, content.digest) for path, content in step.now.inputs.items() if content),
            tuple(out.path for out in stage.outs),
            stage.params,
            str(self.workspace.log_path(stage)),
            stage.timeout,
        )
        self.emit(StageStarted(stage.name, step.decision.reasons))
        self._running[stage.name] = (step, time_ns())
        self._schedule.start(stage)  # holds its mutexes
        self.executor.submit(order)

    def _receive(self, event: Output | Result) -> None:
        if self.executor.notice and not self._noticed:
            self._noticed = True
            self.emit(Notice(self.executor.notice))
        if isinstance(event, Output):
            self.emit(StageOutput(event.stage, event.text))
            return
        step, began = self._running.pop(event.stage)
        try:
            failure = event.failure or verify(self.look, step.now, event, began)
        except REFUSED as error:
            failure = refusal(error)
        if failure is None:
            self._recorder.add(Ended(step.now, event))
        elif failure.kind == "cancelled":
            self._settle(step.stage, "cancelled", StageCancelled(event.stage, event.seconds))
        else:
            self._fail(step.stage, failure, event.seconds)

    def _record(self) -> None:
        for (now, result), recorded in self._recorder.record():
            if isinstance(recorded, Failure):
                self._fail(now.stage, recorded, result.seconds)
                continue
            self._settle(now.stage, "run", StageDone(result.stage, result.seconds))
            for path in recorded.reads:
                notice = f"read {printable(path)} without declaring it: it is tracked; declare it as a pivot.Dep"
                self.emit(Notice(notice, result.stage))

    def _fail(self, stage: StageSpec, failure: Failure, seconds: float = 0.0) -> bool:
        """Settle a stage as failed; True, since it is settled."""
        self.failures[stage.name] = failure
        log = None if failure.kind in ("busy", "storage") else str(self.workspace.log_path(stage))
        self._settle(stage, "failed", StageFailed(stage.name, failure, seconds, log))
        return True

    def _settle(self, stage: StageSpec, action: str, event: Event) -> None:
        self.actions[stage.name] = action
        if action in ("run", "restore"):
            self._fresh.add(stage.name)
        self._locks.release(stage.name)
        self._awaited.pop(stage.name, None)
        self._schedule.settle(stage)
        self.emit(event)

    @property
    def _full(self) -> bool:
        return bool(self._running) and len(self._running) >= self.executor.slots

    @property
    def _stopping(self) -> bool:
        return bool(self.failures) and not self.options.keep_going

    def _blocker(self, stage: StageSpec) -> str | None:
        bad = ("failed", "blocked", "cancelled")
        return next((one for one in self.plan.graph.upstream[stage.name] if self.actions.get(one) in bad), None)
