"""The records of a project, in its work tree or in a revision: the locks of all stages, and what is tracked.

For commands that work from records alone and never read the pipeline.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pivot.errors import StorageError
from pivot.lock import Lock, parse_lock
from pivot.record import Damaged, read_bytes
from pivot.tracked import SUFFIX, Tracked, find_tracked, is_place, parse_tracked
from pivot_fingerprint.named import NamedTuple

STAGES = ".pivot/stages/"


class Record(NamedTuple):
    """The lock of a stage, found on disk; ``pipeline`` is the directory of its pipeline.py, ``text`` the file's bytes,
    empty if they cannot be read."""

    stage: str
    pipeline: str
    lock: Lock | Damaged
    text: bytes = b""


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


def is_record(path: str) -> bool:
    """Say whether a path of a project, relative to its root, is that of a record."""
    return path.endswith(SUFFIX) or (path.startswith(STAGES) and path.endswith(".lock"))


def parse_records(files: Mapping[str, bytes]) -> Records:
    """Return the records among files by their paths, as git has them at some revision."""
    stages: list[Record] = []
    tracked: list[Tracked] = []
    for path, data in sorted(files.items()):
        if path.startswith(STAGES):
            pipeline, _, name = path.removeprefix(STAGES).rpartition("/")
            stage = name.removesuffix(".lock")
            stages.append(Record(stage, pipeline or ".", parse_lock(data, stage, path)))
        elif not path.startswith((".pivot/", SUFFIX)) and is_place(path.removesuffix(SUFFIX)):
            tracked.append(Tracked(path.removesuffix(SUFFIX), parse_tracked(data, path)))
    return Records(tuple(stages), tuple(tracked))


def find_locks(home: Path) -> Iterator[Record]:
    """Yield the locks below ``.pivot/stages``, sorted by pipeline and stage."""
    top = home / "stages"
    for directory, below, files in os.walk(top, onerror=_tell):
        below.sort()
        for name in sorted(files):
            stage, extension = os.path.splitext(name)
            if extension == ".lock":
                path = Path(directory, name)
                data = read_bytes(path)
                if isinstance(data, bytes):
                    yield Record(stage, _pipeline(top, directory), parse_lock(data, stage, path), data)
                elif data is not None:
                    yield Record(stage, _pipeline(top, directory), data)


def _tell(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        problem = f"the records in {error.filename} cannot be read: {os.strerror(error.errno or 0).lower()}"
        raise StorageError(problem, hint="make the directory readable") from error


def _pipeline(top: Path, directory: str) -> str:
    return Path(directory).relative_to(top).as_posix()
