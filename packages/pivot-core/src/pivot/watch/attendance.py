"""What reaches a watch while stages run: an edit may end some of them, its user may end any.

Called by the run itself, in the same thread, so that nothing happens at the same time. An edit is judged by a new plan,
held against the one under way; what it does not affect goes on.
"""

import queue
from collections.abc import Callable

from pivot.errors import PivotError
from pivot.forecast import plan
from pivot.options import Options
from pivot.plan import check_inputs
from pivot.run import Run
from pivot.watch.edits import affected
from pivot.watch.field import Field
from pivot.watch.messages import Cancel, Changed, Message, Quit
from pivot.watch.news import PlanFailed, Superseded, Tell
from pivot.workspace import Workspace
from pivot_cache.errors import CacheError

type OpenWorkspace = Callable[[], Workspace]


class Attendance:
    """Looks after one run; ``later`` are the messages that the next generation must deal with.

    ``own`` are the paths that the run may have written itself, or somebody else while it went on.
    """

    def __init__(
        self,
        messages: queue.SimpleQueue[Message],
        field: Field,
        open_workspace: OpenWorkspace,
        options: Options,
        tell: Tell,
        cancel: bool,
    ) -> None:
        self.later: list[Message] = []
        self.own: frozenset[str] = frozenset()
        self._messages = messages
        self._field = field
        self._open = open_workspace
        self._options = options._replace(force=False, reload=False)
        self._tell = tell
        self._cancel = cancel
        self._edits: frozenset[str] = frozenset()  # not judged yet
        self._missed = False  # something may have changed that nobody told

    def attend(self, run: Run) -> None:
        """Deal with what has come since the last call."""
        while not self._messages.empty():
            match message := self._messages.get():
                case Changed(paths):
                    edits, own = self._field.sort(paths)
                    self._edits |= edits
                    self.own |= own
                    self._missed = self._missed or not paths
                case Cancel(stage):
                    for step in run.under_way.steps:
                        if stage in (None, step.stage.name):
                            run.under_way.end(step.stage.name)
                case Quit():
                    self.later.append(message)
                    run.supersede([step.stage.name for step in run.under_way.steps])
                case _:
                    self.later.append(message)
        if (self._edits or self._missed) and not self._field.git_is_busy():
            edits, self._edits, self._missed = self._edits, frozenset(), False
            self._judge(run, edits)

    def _judge(self, run: Run, edits: frozenset[str]) -> None:
        """Supersede the run if it would be another one now."""
        try:
            with self._open() as workspace:
                look, now = plan(workspace, self._options)
                check_inputs(now, look.manifest.stages)
        except (PivotError, CacheError) as error:
            self.later.append(Changed(edits))
            if not run.superseded:
                self._tell(PlanFailed(0, self._field.shown(edits), error))
            return
        running = [step.stage.name for step in run.under_way.steps]
        hit = affected(run.plan, now, running)
        if not hit:
            return  # a comment
        self.later.append(Changed(edits))
        unwanted = [name for name in running if name in hit] if self._cancel else []
        finishing = tuple(name for name in running if name not in unwanted)
        run.supersede(unwanted)
        self._tell(Superseded(self._field.shown(edits), tuple(unwanted), finishing))
