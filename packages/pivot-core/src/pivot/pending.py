"""Results that ``--no-commit`` left in the work tree: what they were made from, until they are committed or replaced.

A pending record is a lock in ``.pivot/pending/``, which git ignores. It makes nothing up to date: ``adopt`` turns it
into a record, and ``repro --no-commit`` goes on from it.
"""

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from pivot.lock import Lock, read_lock, write_lock
from pivot.manifest import StageSpec
from pivot.record import Damaged
from pivot_cache.enclosure import Enclosure, remove


class Pending:
    """The pending records of a project."""

    def __init__(self, home: Path) -> None:
        self._root = home.parent
        self._top = home / "pending"

    def read(self, stage: StageSpec) -> Lock | None:
        """Return the pending record of a stage, None if there is none that can be used."""
        found = self.find(stage)
        return found if isinstance(found, Lock) else None

    def find(self, stage: StageSpec) -> Lock | Damaged | None:
        """Return the pending record of a stage, also what is wrong with one that cannot be used."""
        return read_lock(self._path(stage), stage.name) if self._any else None

    def write(self, stage: StageSpec, lock: Lock) -> None:
        """Keep the record of a result that is not committed."""
        self._any = True
        # after a power cut the stage runs again
        write_lock(self._path(stage), lock, durable=False, within=self._root)

    def drop(self, stage: StageSpec) -> None:
        """Forget the result: it was committed, or is about to be replaced."""
        if self._any:
            with suppress(FileNotFoundError), Enclosure(self._root) as inside:
                remove(inside.spot(str(self._path(stage))))

    @cached_property
    def _any(self) -> bool:
        """Whether there may be a record at all: asked once, so that usually nothing is looked for."""
        return os.path.isdir(self._top)

    def _path(self, stage: StageSpec) -> Path:
        return self._top / stage.pipeline / f"{stage.name}.lock"
