"""What happens during a run, as facts; the command line renders them, tools get them as JSON.

A stage ends in exactly one of ``StageSkipped``, ``StageRestored``, ``StageDone``, ``StageFailed``,
``StageCancelled``, ``StageBlocked``.
"""

from collections.abc import Callable

from pivot.execute.executor import Failure
from pivot.reasons import Reason
from pivot_fingerprint.named import NamedTuple


class RunStarted(NamedTuple):
    """A run begins; ``stages`` in the order in which they are planned."""

    stages: tuple[str, ...]


class StageSkipped(NamedTuple):
    """Nothing that the stage depends on changed."""

    stage: str


class StageRestored(NamedTuple):
    """The outputs were given back from the cache."""

    stage: str
    reasons: tuple[Reason, ...]
    seconds: float


class StageStarted(NamedTuple):
    """The stage's function begins."""

    stage: str
    reasons: tuple[Reason, ...]


class StageOutput(NamedTuple):
    """The stage printed something."""

    stage: str
    text: str


class StageDone(NamedTuple):
    """The stage ran and its outputs are recorded; ``seconds`` is the function's own wall time."""

    stage: str
    seconds: float


class StageFailed(NamedTuple):
    """The stage failed; nothing was recorded. ``log`` is the path of what it printed, or None."""

    stage: str
    failure: Failure
    seconds: float
    log: str | None


class StageCancelled(NamedTuple):
    """The stage was ended on purpose while it ran; nothing was recorded."""

    stage: str
    seconds: float


class StageBlocked(NamedTuple):
    """The stage did not start because ``by`` failed, or because the run stopped (``by`` is None)."""

    stage: str
    by: str | None


class Notice(NamedTuple):
    """Something that the user should know and that stops nothing: a file that was saved, an undeclared read."""

    text: str
    stage: str | None = None


class RunFinished(NamedTuple):
    """The run is over."""

    done: int
    restored: int
    skipped: int
    failed: int
    blocked: int
    seconds: float


type Event = (
    RunStarted
    | StageSkipped
    | StageRestored
    | StageStarted
    | StageOutput
    | StageDone
    | StageFailed
    | StageCancelled
    | StageBlocked
    | Notice
    | RunFinished
)
type Emit = Callable[[Event], None]
