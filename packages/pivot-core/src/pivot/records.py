"""The records of a project as they lie in its work tree: the locks of all stages, and what is tracked.

For commands that work from records alone and never read the pipeline.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pivot.lock import Lock, read_lock
from pivot.record import Damaged
from pivot.tracked import Tracked, find_tracked


class Record(NamedTuple):
    """The lock of a stage, found on disk; ``pipeline`` is the directory of its pipeline.py."""

    stage: str
    pipeline: str
    lock: Lock | Damaged


class Records(NamedTuple):
    """All records of a project."""

    stages: tuple[Record, ...]
    tracked: tuple[Tracked, ...]

    def outputs(self) -> dict[str, str]:
        """Return the path of each recorded output, without a closing slash, and the stage that made it."""
        return {
            path.rstrip("/"): record.stage
            for record in self.stages
            if isinstance(record.lock, Lock)
            for path in record.lock.outputs
        }

    def damaged(self) -> list[str]:
        """Return what is wrong with records that cannot be used."""
        found = [record.lock for record in self.stages] + [one.content for one in self.tracked]
        return [one.problem for one in found if isinstance(one, Damaged)]


def find_records(root: Path) -> Records:
    """Return the records of the project at ``root``."""
    stages = tuple(find_locks(root / ".pivot"))
    return Records(stages, tuple(find_tracked(root, Records(stages, ()).outputs())))


def find_locks(home: Path) -> Iterator[Record]:
    """Yield the locks below ``.pivot/stages``, sorted by pipeline and stage."""
    top = home / "stages"
    for directory, below, files in os.walk(top):
        below.sort()
        for name in sorted(files):
            stage, extension = os.path.splitext(name)
            if extension == ".lock":
                found = read_lock(Path(directory, name), stage)
                if found is not None:
                    yield Record(stage, Path(directory).relative_to(top).as_posix(), found)
