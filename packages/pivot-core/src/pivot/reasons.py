"""Why a stage runs: every reason there is, in the order in which they are checked, shown and documented.

Made by ``decide``; turned into words by the command line. A changed value carries its old and its new digest, None
where there is none.
"""

from pivot_fingerprint import Change
from pivot_fingerprint.named import NamedTuple


class NeverRun(NamedTuple):
    """There is no record of the stage, or none that could be read; ``problem`` says why not."""

    problem: str | None = None


class Forced(NamedTuple):
    """The user asked for it."""


class SchemeChanged(NamedTuple):
    """The record was made by another version of the fingerprint."""

    old: int
    new: int


class CodeChanged(NamedTuple):
    """Definitions that the stage reaches were changed, added or removed."""

    changes: tuple[Change, ...]


class PackageChanged(NamedTuple):
    """A distribution that the stage reaches, or Python itself, has another version."""

    name: str
    old: str | None
    new: str | None


class ParameterChanged(NamedTuple):
    """A parameter has another value; ``old`` and ``new`` are JSON text."""

    name: str
    old: str | None
    new: str | None


class InputChanged(NamedTuple):
    """An input has other bytes, is new, or is gone; ``new`` is empty for one that cannot be read now."""

    path: str
    old: str | None
    new: str | None
    declared: bool = True  # False: read by the stage without being declared


class EnvironmentChanged(NamedTuple):
    """An environment variable that the stage's code read has another value."""

    name: str
    old: str | None
    new: str | None


class DeclarationChanged(NamedTuple):
    """An output was declared, dropped, or declared differently."""

    path: str
    old: str | None
    new: str | None


class OutputMissing(NamedTuple):
    """An output is not there."""

    path: str


class OutputEdited(NamedTuple):
    """An output is there with other bytes than the stage made."""

    path: str
    old: str
    new: str


class UpstreamRuns(NamedTuple):
    """A stage that makes an input will run; if the input comes out the same, this stage is skipped."""

    stage: str


type Reason = (
    NeverRun
    | Forced
    | SchemeChanged
    | CodeChanged
    | PackageChanged
    | ParameterChanged
    | InputChanged
    | EnvironmentChanged
    | DeclarationChanged
    | OutputMissing
    | OutputEdited
    | UpstreamRuns
)
