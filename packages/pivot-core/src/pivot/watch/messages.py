"""What reaches a watch from outside, from whichever thread: changed files, and what its user wants."""

from pivot_fingerprint.named import NamedTuple


class Changed(NamedTuple):
    """Something happened to these absolute paths; none says that something may have been missed."""

    paths: frozenset[str]


class Go(NamedTuple):
    """Run now, whether something changed or not; ``targets`` None means those of the watch."""

    targets: tuple[str, ...] | None = None
    force: bool = False


class Cancel(NamedTuple):
    """End a running stage, or all."""

    stage: str | None = None


class Quit(NamedTuple):
    """End the watch."""


type Message = Changed | Go | Cancel | Quit
"""Anything that a watch is sent."""
