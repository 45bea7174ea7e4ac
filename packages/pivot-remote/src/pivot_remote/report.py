"""What a transfer tells: how far it is, and what came of it.

Plain values; the words for a terminal are for whoever shows them.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from pivot_cache import ObjectId

JOBS: Final = 20
"""Objects that are moved at once, if nothing else is said."""


class Progress(NamedTuple):
    """How far a transfer is: objects and bytes, of all that are to be moved. What failed counts as done."""

    objects_done: int
    objects: int
    bytes_done: int
    bytes: int


type OnProgress = Callable[[Progress], None]


class Failure(NamedTuple):
    """An object that could not be moved, though nobody says that it is missing or corrupt."""

    id: ObjectId
    error: Exception


class Report(NamedTuple):
    """What came of a transfer. Each object is in one place of it; ids are in order.

    ``present`` counts what the target had, ``bytes`` is the size of what was moved. ``missing``: the source does not
    have it. ``corrupt``: what the source gave does not match the name, or is no valid tree. ``withheld``: a tree that
    was not moved because something below it was not.
    """

    moved: tuple[ObjectId, ...]
    bytes: int
    present: int
    missing: tuple[ObjectId, ...]
    corrupt: tuple[ObjectId, ...]
    failed: tuple[Failure, ...]
    withheld: tuple[ObjectId, ...]

    @property
    def complete(self) -> bool:
        """Whether the target has everything now."""
        return not (self.missing or self.corrupt or self.failed or self.withheld)
