"""Decisions and reasons in few words: the title of a reason, its short form, the word for what happens to a stage.

Every reason of ``pivot.reasons`` has its words here, in the order of that module; ``explain`` says the rest.
"""

from pathlib import Path

from pivot.decide import Decision
from pivot.reasons import (
    CodeChanged,
    DeclarationChanged,
    EnvironmentChanged,
    Forced,
    InputChanged,
    NeverRun,
    OutputEdited,
    OutputMissing,
    PackageChanged,
    ParameterChanged,
    Reason,
    SchemeChanged,
    UpstreamRuns,
)
from pivot_cache.errors import printable

NO_STAGES = "The pipeline has no stages yet: add one with pipeline.register(function)"


def status(decision: Decision) -> str:
    """Return what will happen to a stage: up to date, will restore, will run, or may run (if what it reads changes)."""
    match decision.action:
        case "skip":
            return "up to date"
        case "restore":
            return "will restore"
        case "run":
            if all(isinstance(reason, UpstreamRuns) for reason in decision.reasons):
                return "may run"
            return "will run"


TITLES: dict[type[Reason], str] = {
    NeverRun: "Never run",
    Forced: "Forced",
    SchemeChanged: "Fingerprint scheme changed",
    CodeChanged: "Code dependency changed",
    PackageChanged: "Package version changed",
    ParameterChanged: "Parameter changed",
    InputChanged: "Input changed",
    EnvironmentChanged: "Environment variable changed",
    DeclarationChanged: "Output declaration changed",
    OutputMissing: "Output missing",
    OutputEdited: "Output edited",
    UpstreamRuns: "Upstream will run",
}


def title(reason: Reason) -> str:
    """Return the reason's name for people: that of its kind, or a closer one."""
    match reason:
        case NeverRun(str()):
            return "Record unusable"
        case PackageChanged(name="python"):
            return "Python version changed"
        case ParameterChanged(_, old, new):
            return f"Parameter {_verb(old, new)}"
        case InputChanged(_, old, new, declared):
            return f"{'Input' if declared else 'Undeclared input'} {_verb(old, new)}"
        case _:
            return TITLES[type(reason)]


def short(reasons: tuple[Reason, ...]) -> str:
    """Return the first reason in a few words, and how many more there are."""
    if not reasons:
        return ""
    words, more = _words(reasons[0])
    words = printable(words)
    more += len(reasons) - 1
    return f"{words} (+{more} more)" if more else words


def _words(reason: Reason) -> tuple[str, int]:
    """Return a reason in a few words, and how many of its parts these words leave out."""
    match reason:
        case CodeChanged(changes):
            first = next((one for one in changes if one.old and one.new), changes[0])  # it says more than a new name
            return f"{first.label} {_verb(first.old, first.new)}", len(changes) - 1
        case PackageChanged(name, old, new) | ParameterChanged(name, old, new):
            return f"{name} {_brief(old)} → {_brief(new)}", 0
        case InputChanged(path, old, new):
            return f"{path} {_verb(old, new)}", 0
        case EnvironmentChanged(name):
            return f"{name} changed", 0
        case DeclarationChanged(path, old, new):
            return f"output {path} {_declared(old, new)}", 0
        case OutputMissing(path):
            return f"{path} is missing", 0
        case OutputEdited(path):
            return f"{path} is not as recorded", 0
        case UpstreamRuns(stage):
            return f"{stage} will run", 0
        case _:
            return title(reason).lower(), 0


LONGEST = 24  # characters of a parameter's value in a line


def _verb(old: object, new: object) -> str:
    if old is None:
        return "added"
    if new == "":
        return "cannot be read"
    return "removed" if new is None else "changed"


def _brief(value: str | None) -> str:
    if value is None:
        return "none"
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def _declared(old: str | None, new: str | None) -> str:
    if old is None:
        return "declared"
    return "no longer declared" if new is None else f"declared as {new}"


def shown_path(root: Path, file: str) -> str:
    """Return a path as people read it: relative to the project root where it lies below it."""
    return Path(file).relative_to(root).as_posix() if Path(file).is_relative_to(root) else file
