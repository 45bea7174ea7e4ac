"""What can be wrong, as one tree; the command line turns each into one message and an exit code.

    PivotError                 shown to the user, ends the command
    ├── ProjectError      3    the pipeline or the project is wrong
    │   ├── NoPipeline         no pipeline.py here or above
    │   ├── DeclarationError   a stage, a dep or an output is declared wrongly
    │   ├── PipelineFailed     pipeline.py raised while it was imported
    │   ├── MissingInput       an input that no file and no stage provides
    │   ├── MissingLibrary     a loader needs a distribution that is not installed
    │   └── ConfigError        a setting is wrong
    ├── UsageError        2    the command's words are wrong: an unknown stage, for instance
    └── StorageError      4    the cache or a file on disk is in the way

Anything else that escapes is a bug of Pivot's and shows its traceback.
"""

from typing import Any


class PivotError(Exception):
    """A problem with its place and the next step.

    ``problem`` is a sentence without a full stop; ``hint`` says what to do next; ``details`` is text to show below,
    such as a traceback. ``file`` is a path as the user would write it, ``line`` 1-based or 0.
    """

    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        stage: str | None = None,
        argument: str | None = None,
        file: str | None = None,
        line: int = 0,
        hint: str | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.stage = stage
        self.argument = argument
        self.file = file
        self.line = line
        self.hint = hint
        self.details = details

    def fields(self) -> dict[str, Any]:
        """Return everything but the problem, as keyword arguments for the constructor and for ``--json``."""
        return {name: value for name, value in self.__dict__.items() if name != "problem"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.problem, self.fields())


def _rebuild(kind: type[PivotError], problem: str, fields: dict[str, Any]) -> PivotError:
    return kind(problem, **fields)


class ProjectError(PivotError):
    """The pipeline or the project is wrong."""

    exit_code = 3


class NoPipeline(ProjectError):
    """There is no pipeline.py here or above."""


class DeclarationError(ProjectError):
    """A stage, an input, an output or a parameter is declared wrongly."""


class PipelineFailed(ProjectError):
    """pipeline.py raised while it was imported; ``details`` is what the place does not say yet."""


class MissingInput(ProjectError):
    """An input exists neither as a file nor as the output of a stage."""


class MissingLibrary(ProjectError):
    """A loader needs a distribution that is not installed."""


class ConfigError(ProjectError):
    """A setting is wrong."""


class UsageError(PivotError):
    """The command's words are wrong."""

    exit_code = 2


class StorageError(PivotError):
    """The cache or a file on disk is in the way."""

    exit_code = 4
