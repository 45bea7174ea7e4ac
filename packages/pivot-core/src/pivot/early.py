"""A process for the stages of a run that starts before it is known whether any stage runs.

Used by ``repro`` after an edit of sources: the plan takes about as long as that process takes to start, and most plans
have something to run then. Nothing of the user's is imported there before the first stage is to run, unless nothing
was ever recorded: then something runs.
"""

import os
from types import TracebackType

from pivot.execute.executor import Executor
from pivot.manifest import Manifest
from pivot.options import Options
from pivot.run import MakeExecutor
from pivot.workspace import Workspace


class Early:
    """Makes the executor of one run. What was made and not taken is closed at the end of the ``with`` block."""

    def __init__(self, workspace: Workspace, options: Options, make_executor: MakeExecutor) -> None:
        self._jobs = options.jobs or workspace.config.jobs
        self._first = not os.path.exists(workspace.project.home / "stages")
        self._make_executor = make_executor
        self._booted: Executor | None = None

    def __enter__(self) -> "Early":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._booted is not None:
            self._booted.close()

    def boot(self, manifest: Manifest) -> None:
        """Make an executor and have its process started; in a first run it begins to import the pipeline."""
        self._booted = self._make_executor(manifest, self._jobs)
        self._booted.boot()
        if self._first:
            self._booted.start()

    def take(self, manifest: Manifest, jobs: int) -> Executor:
        """Return the executor: the one that was made, or a new one. It is the caller's to close."""
        booted, self._booted = self._booted, None
        return booted or self._make_executor(manifest, jobs)
