"""The life of a watch: wait for an edit, plan, run what must run, and wait again.

All of it happens in the thread that calls ``run``; other threads ``post`` messages. The plan is the one that ``repro``
would make at that moment. What an edit means for a run under way is told in ``attendance``.
"""

import queue
from collections.abc import Callable, Sequence
from math import inf
from time import monotonic, perf_counter
from typing import Protocol

from pivot.errors import PivotError, UsageError
from pivot.events import Notice, RunStarted
from pivot.forecast import plan
from pivot.look import Look
from pivot.manifest import Manifest
from pivot.options import Options
from pivot.plan import Plan, check_inputs
from pivot.project import Project
from pivot.repro import Summary, finished
from pivot.run import MakeExecutor, Run
from pivot.watch.attendance import Attendance, OpenWorkspace
from pivot.watch.echoes import Echoes
from pivot.watch.edits import has_news
from pivot.watch.field import Field
from pivot.watch.messages import Changed, Go, Message, Quit
from pivot.watch.news import Idle, NothingToRun, PlanFailed, Tell, Woken
from pivot.workspace import Workspace
from pivot_cache.errors import CacheError

GIT_PATIENCE = 10.0  # seconds that git may take to put the files of another branch there
GLANCE = 0.005  # seconds between two looks whether it has
LULL = 0.03  # seconds after what is no edit, for one that may come with it to be named
DISTURBED = frozenset({"changed", "storage"})  # kinds of failures that a file caused which changed at the wrong time


class Warmth(Protocol):
    """What keeps processes ready for the next generation: ``pivot.execute.warm.Warm``."""

    notice: str | None

    def prepare(self, packages: Sequence[str], pipeline: object) -> None:
        """Have processes ready that find these packages imported."""

    def forget(self) -> None:
        """Begin anew with the next ``prepare``."""


type MakeExecutors = Callable[[Workspace], MakeExecutor]


class Watch:
    """Keeps the stages of ``options`` up to date until it is told to quit; ``tell`` hears of all that happens.

    ``cancel`` False lets stages that an edit affects end by themselves. ``debounce`` is the time in milliseconds for
    which files must be still.
    """

    def __init__(
        self,
        project: Project,
        options: Options,
        open_workspace: OpenWorkspace,
        executors: MakeExecutors,
        tell: Tell,
        *,
        debounce: int,
        cancel: bool = True,
        warm: Warmth | None = None,
    ) -> None:
        self.project = project
        self.options = options
        self.generation = 0
        self._failed: tuple[str, ...] = ()  # stages that wait for the next edit
        self._undone: tuple[Plan, frozenset[str]] | None = None  # the last run, and what it left undone
        self._unplanned: str | None = None  # why the last generation had no plan
        self._open = open_workspace
        self._executors = executors
        self._tell = tell
        self._cancel = cancel
        self._warm = warm
        self._noticed: str | None = None  # what was said of how processes are started
        self._manifest: Manifest | None = None  # the last one
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._field = Field(project, self.post, debounce)
        self._later: list[Message] = []  # what came while a run was under way
        self._woken = perf_counter()
        self._echoes = Echoes()
        self._again = inf  # when to look again although nothing was heard
        self._quit = False

    def post(self, message: Message) -> None:
        """Send the watch a message; any thread may."""
        self._messages.put(message)

    def run(self) -> None:
        """Watch until told to quit. Raises UsageError, and KeyboardInterrupt; nothing is left running."""
        try:
            self._generate(frozenset(), Go(force=self.options.force))
            self.options = self.options._replace(force=False, reload=False)
            while not self._quit:
                self._take(self._next())
        finally:
            self._field.close()

    def _next(self) -> Message:
        if self._later:
            return self._later.pop(0)
        try:
            return self._messages.get(timeout=None if self._again == inf else max(0.0, self._again - monotonic()))
        except queue.Empty:
            self._again = inf
            return Changed(frozenset())

    def _take(self, message: Message) -> None:
        self._woken = perf_counter()
        match message:
            case Quit():
                self._quit = True
            case Go():
                self._generate(frozenset(), message)
            case Changed(paths):
                edits, own = self._field.sort(paths)
                if (edits or own) and self._echoes.is_one(edits or own, monotonic()):
                    return
                if edits or not paths or (own and not self._unplanned):
                    self._wait(LULL if not edits else 0.0)
                    self._generate(edits | self._field.sort(self._drain())[0], None)
            case _:
                pass  # nothing is running that could be cancelled

    def _wait(self, seconds: float) -> None:
        """Take in what comes meanwhile, and as long as git is writing: one run for a whole branch."""
        began = monotonic()
        while (now := monotonic()) < began + seconds or (self._field.git_is_busy() and now < began + GIT_PATIENCE):
            try:
                self._later.append(self._messages.get(timeout=GLANCE))
            except queue.Empty:
                continue

    def _drain(self) -> frozenset[str]:
        """Return the paths of all changes that are waiting; other messages go on waiting."""
        while not self._messages.empty():
            self._later.append(self._messages.get())
        found = frozenset(path for one in self._later if isinstance(one, Changed) for path in one.paths)
        self._later = [one for one in self._later if not isinstance(one, Changed)]
        return found

    # One generation

    def _generate(self, edits: frozenset[str], asked: Go | None) -> None:
        """Plan, run what must run, and say so."""
        options, changed = self.options, self._field.shown(edits)
        if asked is not None:
            targets = options.targets if asked.targets is None else asked.targets
            options = options._replace(targets=targets, force=asked.force)
        self.generation += 1
        told, self._unplanned, self._again = self._unplanned, None, inf
        if options.force and self._warm is not None:
            self._warm.forget()
        try:
            with self._open() as workspace:
                if not self._renew(workspace, options, edits, changed, asked):
                    return
        except (PivotError, CacheError) as error:
            if isinstance(error, UsageError) and self.generation == 1:
                raise
            self._unplanned = str(error)
            self._field.settle_unplanned(error)
            if self._unplanned == told and not edits and asked is None:
                return
            self._tell(PlanFailed(self.generation, changed, error))
            self._keep_warm()  # to find that out took processes from the store
        self._tell(Idle(self.generation, self._field.size, self._failed))

    def _renew(
        self,
        workspace: Workspace,
        options: Options,
        edits: frozenset[str],
        changed: tuple[str, ...],
        asked: Go | None,
    ) -> bool:
        """Plan, and run what must run; False if there is nothing to say. Raises what has no plan."""
        look, planned = plan(workspace, options)
        self._manifest = look.manifest
        check_inputs(planned, look.manifest.stages)
        self._field.settle(workspace, look)
        idle = all(step.decision.action == "skip" for step in planned.steps)
        unasked = not edits and asked is None
        if not idle and unasked and self._undone is not None and not has_news(*self._undone, planned):
            return False
        if idle:
            self._failed = ()
            if not unasked:
                self._tell(NothingToRun(self.generation, changed, len(planned.steps), self._spent))
        else:
            decisions = tuple(step.decision for step in planned.steps if step.decision.action != "skip")
            self._tell(Woken(self.generation, changed, decisions, self._spent))
            workspace.state.flush()  # or a plan during the run would import the pipeline and read all sources again
            self._carry_out(workspace, look, planned, options, unasked)
            self._field.settle(workspace, look)
        self._keep_warm()
        return not (idle and unasked)

    def _keep_warm(self) -> None:
        if self._warm is None or self._manifest is None:
            return
        self._warm.prepare(self._manifest.packages, self._manifest.inputs)
        before, self._noticed = self._noticed, self._warm.notice
        if self._noticed is not None and self._noticed != before:
            self._tell(Notice(self._noticed))

    def _carry_out(self, workspace: Workspace, look: Look, planned: Plan, options: Options, unasked: bool) -> None:
        began = perf_counter()
        self._tell(RunStarted(tuple(step.stage.name for step in planned.steps)))
        attendance = Attendance(self._messages, self._field, self._open, options, self._tell, self._cancel)
        run = Run(workspace, look, planned, options, self._executors(workspace), self._tell, attend=attendance.attend)
        run.see_through()
        self._later += [*attendance.later, *([Changed(attendance.own)] if attendance.own else [])]
        self._failed = tuple(run.failures)
        self._rest(run, unasked)
        if not run.superseded:
            self._tell(finished(Summary(run.actions, run.failures, perf_counter() - began)))

    def _rest(self, run: Run, unasked: bool) -> None:
        """Find out whether what a run left undone is to be tried again although nobody edits anything."""
        kinds = {failure.kind for failure in run.failures.values()}
        innocent = bool(kinds) and kinds <= DISTURBED
        pause = self._echoes.ended(monotonic(), disturbed=innocent or (bool(kinds) and unasked))
        if pause is not None:
            self._again = monotonic() + pause
        if self._echoes.given_up:
            names = ", ".join(self._failed)
            self._tell(Notice(f"{names}: something changes whenever the stage runs; waiting for another edit"))
        done = {name for name, action in run.actions.items() if action in ("run", "restore", "skip")}
        undone = frozenset(step.stage.name for step in run.plan.steps) - done
        self._undone = None if run.superseded or (innocent and pause is not None) else (run.plan, undone)

    @property
    def _spent(self) -> float:
        return perf_counter() - self._woken
