"""One run under way: each stage of a plan is skipped, restored or started as soon as it may be, and recorded.

Order is the business of ``schedule``, processes that of ``under_way``, records that of ``recorder``.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from time import perf_counter, sleep

from pivot.commit import describe_read, verify
from pivot.decide import decide
from pivot.events import (
    Emit,
    Event,
    Notice,
    StageBlocked,
    StageCancelled,
    StageDone,
    StageFailed,
    StageRestored,
    StageSkipped,
    StageStarted,
)
from pivot.execute.executor import Executor, Failure, Result, WorkOrder
from pivot.lock import Lock
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.options import Options
from pivot.outputs import clear_outputs, restore_outputs
from pivot.plan import Plan, Step, take_step
from pivot.recorder import Ended, Recorder
from pivot.refusal import REFUSED, refusal
from pivot.schedule import Schedule
from pivot.stage_locks import POLL, StageLocks
from pivot.tracked_inputs import missing_inputs, take_tracked
from pivot.under_way import UnderWay
from pivot.users import MOST_FRESH
from pivot.workspace import Workspace
from pivot_cache import DiskError, make_directories
from pivot_cache.errors import ObjectError

type MakeExecutor = Callable[[int], Executor]  # for so many stages at once


class Run:
    """One run of a plan, and what came of each stage.

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
        jobs = options.jobs or workspace.config.jobs
        self.under_way = UnderWay(lambda: make_executor(jobs), look.manifest.packages, emit)
        self.superseded = False
        self._attend = attend
        self._schedule = Schedule((step.stage for step in planned.steps), planned.graph)
        self._steps = {step.stage.name: step for step in planned.steps}
        self._locks = StageLocks(workspace.project.home, look.manifest, planned.graph)
        self._awaited: dict[str, float] = {}  # stages that another process holds, and since when we wait
        self._spoilt: set[str] = set()  # stages that could not be given back
        self._made = look.manifest.made()
        self._recorder = Recorder(workspace, look, pending=options.no_commit)
        self._fresh: set[str] = set()  # stages whose outputs this run has made or given back

    def see_through(self) -> None:
        """Carry the plan out, and leave nothing running, whatever happens."""
        try:
            self._carry_out()
        except KeyboardInterrupt:
            self._record()  # what has ended
            self.under_way.cancel()
            raise
        finally:
            self.under_way.close()

    def _carry_out(self) -> None:
        """Settle every stage of the plan."""
        if any(step.decision.action == "run" for step in self.plan.steps):
            self.under_way.start()  # its imports go on while the first stages are prepared
        for name in self.plan.standing:
            self.actions[name] = "skip"
            self.emit(StageSkipped(name))
        while self._schedule.left:
            if self._attend is not None:
                self._attend(self)
            if self.superseded and not (self.under_way.steps or self._recorder.waiting):
                break
            later = [] if self.superseded else self._take_ready()
            elsewhere = any(stage.name in self._awaited for stage in later)
            if self._recorder.waiting and (self._recorder.due or not self.under_way.full):
                if self._schedule.left == self._recorder.waiting:
                    self.under_way.dismiss()  # while they are recorded
                self._record(self._go_on)
            elif self.under_way.steps:
                wait = POLL if elsewhere or self._attend or self._recorder.waiting else None
                for step, began, result in self.under_way.ended(wait):
                    self._receive(step, began, result)
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
                if self.under_way.full:
                    break
        for stage in later:
            self._schedule.defer(stage)
        return later

    def supersede(self, unwanted: Collection[str] = ()) -> None:
        """Start no further stage, and end the ``unwanted`` ones; what else is running is waited for and recorded."""
        self.superseded = True
        for stage in unwanted:
            self.under_way.end(stage)

    def _settle_or_start(self, stage: StageSpec) -> bool:
        """Do what is to be done with a stage; False if it must wait for a slot or for another process."""
        blocker = self._blocker(stage)
        if blocker is not None or self._stopping:
            self._settle(stage, "blocked", StageBlocked(stage.name, blocker))
            return True
        step = self._steps[stage.name]
        if not self._fresh.isdisjoint(self.plan.graph.upstream[stage.name]):
            step = self._decide(stage)
        if step.decision.action == "run" and self.under_way.full:
            return False
        if step.decision.action != "skip":
            if holder := self._locks.take(stage.name):
                return self._wait(stage, f"is at work on {holder}")
            if not self.workspace.store.hold(wait=False):  # what is decided and recorded relies on what the cache has
                self._locks.release(stage.name)
                return self._wait(stage, "removes objects from the cache")
            step = self._decide(stage)  # another process may have been here
            if step.decision.action == "run" and self.under_way.full:
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

    def _wait(self, stage: StageSpec, busy: str) -> bool:
        """Let a stage wait for another process; True if it has waited for long enough, and so failed."""
        limit = self.options.lock_timeout
        now = perf_counter()
        since = self._awaited.setdefault(stage.name, now)
        if limit is not None and now - since >= limit:
            hint = "run again once it has ended; without --no-wait and --lock-timeout Pivot waits for it"
            return self._fail(stage, Failure("busy", f"another pivot {busy}", hint=hint))
        if since == now:
            self.emit(Notice(f"waiting for another pivot, which {busy}", stage.name))
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
        log = self.workspace.log_path(stage)
        with suppress(DiskError):  # a log is not worth a run
            make_directories(log.parent, durable=False, within=look.project.root)
        look.check_readable(step.now.inputs)
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
            str(log),
            stage.timeout,
        )
        self.emit(StageStarted(stage.name, step.decision.reasons))
        self._schedule.start(stage)  # holds its mutexes
        self.under_way.begin(step, order)

    def _receive(self, step: Step, began: int, result: Result) -> None:
        try:
            failure = result.failure or verify(self.look, step.now, result, began)
        except REFUSED as error:
            failure = refusal(error)
        if failure is None:
            self._recorder.add(Ended(step.now, result))
        elif failure.kind == "cancelled":
            self._settle(step.stage, "cancelled", StageCancelled(result.stage, result.seconds))
        else:
            self._fail(step.stage, failure, result.seconds)

    def _go_on(self) -> None:
        """Let stages end and others start while the disk is waited for; what has ended is recorded the next time."""
        ended = list(self.under_way.ended(0.0))
        for step, began, result in ended:
            self._receive(step, began, result)
        if ended and not self.superseded:
            self._take_ready()

    def _record(self, meanwhile: Callable[[], object] | None = None) -> None:
        for (now, result), recorded in self._recorder.record(meanwhile):
            if isinstance(recorded, Failure):
                self._fail(now.stage, recorded, result.seconds)
                continue
            self._settle(now.stage, "run", StageDone(result.stage, result.seconds))
            for path, digest in recorded.reads.items():
                self.emit(Notice(describe_read(path, digest), result.stage))

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

    def settled(self) -> Plan | None:
        """Return the plan with each stage as it is now that the run is over; None where that is too much to look at."""
        if len(self._fresh) > MOST_FRESH:
            return None
        made = [self._steps[name].stage for name in self._fresh]
        for stage in made:
            self.look.forget(stage)
        self.workspace.read_locks(self.look, made)
        for stage in made:
            lock = self.look.locks[stage.name]
            if isinstance(lock, Lock):
                self.look.learn(stage, lock)
            now = self.look.observe(stage, lock)
            self._steps[stage.name] = Step(stage, now, lock, decide(now, lock), None)
        return self.plan._replace(steps=tuple(self._steps[step.stage.name] for step in self.plan.steps))

    @property
    def _stopping(self) -> bool:
        return bool(self.failures) and not self.options.keep_going

    def _blocker(self, stage: StageSpec) -> str | None:
        bad = ("failed", "blocked", "cancelled")
        return next((one for one in self.plan.graph.upstream[stage.name] if self.actions.get(one) in bad), None)
