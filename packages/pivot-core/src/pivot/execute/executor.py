"""The border between the coordinator, which plans and commits, and whatever executes stages: plain values both ways.

``local`` is the executor of this machine. A distributed one would implement the same ``Executor`` and change nothing
above.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pivot_fingerprint import Observed
from pivot_fingerprint.named import NamedTuple


class WorkOrder(NamedTuple):
    """Everything needed to run one stage of a pipeline; all of it JSON data."""

    stage: str
    root: str  # absolute path of the project root
    pipeline: str  # absolute path of pipeline.py
    inputs: tuple[tuple[str, str], ...]  # (root-relative path, digest) as decided upon
    outputs: tuple[str, ...]  # root-relative paths; a directory's ends in "/"
    params: Mapping[str, Any] | None
    log: str  # absolute path of the file that receives what the stage prints
    timeout: float | None = None  # seconds after which the stage is ended


class Failure(NamedTuple):
    """How a stage failed.

    ``kind`` is ``raised`` (the function raised; ``traceback`` from the user's frames on), ``died`` (the process ended
    without a result), ``declaration`` (what the function needs or returned does not match what it declared: exit code
    3), ``changed`` (code or inputs changed while it ran), ``storage`` (the disk or the cache refused), ``busy``
    (another process is at work on it, and we do not wait) or ``cancelled``.
    """

    kind: str
    problem: str  # one sentence without a full stop
    argument: str | None = None
    file: str | None = None  # as the user would write it: relative to the project root where it lies below
    line: int = 0
    hint: str | None = None
    traceback: str | None = None


class Output(NamedTuple):
    """Text that a running stage printed, as it comes."""

    stage: str
    text: str


class Result(NamedTuple):
    """How a stage ended.

    ``sources`` are the project source files whose bytes were executed: (absolute path, BLAKE3 digest).
    """

    stage: str
    failure: Failure | None
    seconds: float
    observed: Observed
    sources: tuple[tuple[str, str], ...] = ()


class Executor(Protocol):
    """Runs work orders, each isolated from the others.

    ``submit`` may be called while fewer than ``slots`` orders are under way. ``events`` waits until something has
    happened, at most ``timeout`` seconds (None: as long as it takes), yields all that has, and returns; with nothing
    under way it returns at once. ``cancel`` may be called at any time, also by a signal handler: it takes effect in
    the next (or present) wait of ``events``. ``close`` ends every process it started.
    """

    slots: int
    notice: str | None  # something that the user should know of how stages are run, once it is known

    def boot(self, sources: Sequence[str] = ()) -> None:
        """Begin what can be done before it is known whether there will be orders; no code of the user's is executed.

        ``sources`` are files that will be imported if there are; it may be called again with them.
        """

    def start(self, packages: Sequence[str] = ()) -> None:
        """Get ready to take orders; ``packages`` are third-party modules to import once for all stages."""

    def submit(self, order: WorkOrder) -> None:
        """Begin to run a stage."""

    def events(self, timeout: float | None = None) -> Iterator[Output | Result]:
        """Yield what has happened since the last call, after waiting for it if need be."""

    def cancel(self, stage: str | None = None) -> None:
        """End one running stage, or all; each still gives a Result."""

    def dismiss(self) -> None:
        """Begin to end: nothing is under way, and nothing more will be submitted."""

    def close(self) -> None:
        """Release everything; running stages are ended."""
