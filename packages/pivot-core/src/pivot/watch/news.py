"""What a watch tells beside the events of its runs, as facts.

A generation begins with ``Woken``. Then comes ``NothingToRun``, ``PlanFailed``, or a run with its events, which
``Superseded`` may cut short; last comes ``Idle``.
"""

from collections.abc import Callable

from pivot.decide import Decision
from pivot.errors import PivotError
from pivot.events import Event
from pivot_cache.errors import CacheError
from pivot_fingerprint.named import NamedTuple


class Woken(NamedTuple):
    """Something is to be done: ``changed`` are root-relative paths, ``decisions`` what will be done and why."""

    generation: int
    changed: tuple[str, ...]
    decisions: tuple[Decision, ...]
    seconds: float  # from the event to the plan


class NothingToRun(NamedTuple):
    """Files changed, or somebody asked, and all stages are up to date as they are."""

    generation: int
    changed: tuple[str, ...]
    stages: int
    seconds: float


class PlanFailed(NamedTuple):
    """There is no plan: the code or the project is wrong. The last good one stands until the next edit."""

    generation: int
    changed: tuple[str, ...]
    error: PivotError | CacheError


class Superseded(NamedTuple):
    """Files changed while stages were running: ``cancelled`` are ended, ``finishing`` go on; then a new plan runs."""

    changed: tuple[str, ...]
    cancelled: tuple[str, ...]
    finishing: tuple[str, ...]


class Idle(NamedTuple):
    """The watch waits for the next edit; ``failed`` are stages that failed and wait with it."""

    generation: int
    files: int
    failed: tuple[str, ...]


type News = Event | Woken | NothingToRun | PlanFailed | Superseded | Idle
"""Anything that a watch tells."""

type Tell = Callable[[News], None]
