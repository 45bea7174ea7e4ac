"""The use case: give back from the cache what the records say. Nothing of the user's is imported.

Works from locks and ``.pvt`` files alone, which may come from anybody: their paths are confined to the project, and
nothing that the cache does not hold is overwritten unless asked to, and then it is kept first (``given``).
"""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pivot.errors import UsageError
from pivot.given import Given, Way, find_part, find_way, give_back
from pivot.lock import Lock, lock_path, read_lock
from pivot.outputs import confined, mode_of
from pivot.record import Damaged, read_bytes
from pivot.records import Record, Records, find_records
from pivot.suggest import did_you_mean
from pivot.workspace import Workspace
from pivot_cache import Content, DiskError, FileLock, Scan
from pivot_cache.errors import ObjectError
from pivot_fingerprint.named import NamedTuple


class Options(NamedTuple):
    """What to give back, and how; ``mode`` None means as configured, ``base`` is where relative paths begin."""

    targets: tuple[str, ...] = ()
    force: bool = False
    only_missing: bool = False
    mode: str | None = None
    base: str = "."


class Choice:
    """What the targets of a command name among recorded paths: stages, paths, and places inside directories."""

    def __init__(self, targets: tuple[str, ...], base: str) -> None:
        self._all = not targets
        self._places = {posixpath.normpath(posixpath.join(base, target)): target for target in targets}
        self._names = frozenset(targets)

    def parts(self, path: str, stage: str | None = None) -> tuple[str, ...]:
        """Return what is wanted of a recorded path: ``""`` for all of it, places inside it, or nothing."""
        plain = path.rstrip("/")
        if self._all or stage in self._names:
            return ("",)
        if any(place in (".", plain) or plain.startswith(f"{place}/") for place in self._places):
            return ("",)
        return tuple(place.removeprefix(plain + "/") for place in self._places if place.startswith(f"{plain}/"))

    def check(self, records: Records, where: str = "") -> None:
        """Raise UsageError for a target that no record knows; ``where`` says which records these are."""
        stages = {record.stage for record in records.stages}
        paths = [*records.outputs(), *(one.path for one in records.tracked)]
        for place, target in self._places.items():
            named = Choice((place,), ".")
            if target in stages or any(named.parts(path) for path in paths):
                continue
            if not stages and not paths:
                hint = None if where else "nothing has been recorded here; run: pivot repro"
                raise UsageError(f"there is no record of {target!r}{where}", hint=hint)
            raise UsageError(
                f"there is no record of a stage, output or tracked file {target!r}{where}",
                hint=did_you_mean(target, {*stages, *paths}),
            )


def checkout(workspace: Workspace, options: Options, records: Records | None = None) -> Iterator[Given]:
    """Give back outputs and tracked data: what the targets name (see ``Choice``), all if none is named.

    One that cannot be given back does not keep the others. Raises UsageError for an unknown target, StorageError for a
    record whose path leaves the project through a link, CacheError where the disk is in the way.
    """
    if records is None:
        records = find_records(workspace.project.root)
    choice = Choice(options.targets, options.base)
    choice.check(records)
    way = find_way(workspace, force=options.force, only_missing=options.only_missing, mode=options.mode)
    workspace.store.hold()  # what it has now is still there when it is given back
    giving = _Checkout(workspace, way, choice)
    for record in records.stages:
        if isinstance(record.lock, Lock) and any(choice.parts(path, record.stage) for path in record.lock.outputs):
            yield from giving.outputs(record)
    for tracked in records.tracked:
        if not isinstance(tracked.content, Damaged):
            yield from giving.parts(tracked.content, tracked.path)


class _Checkout:
    """What one checkout knows while it goes from path to path."""

    def __init__(self, workspace: Workspace, way: Way, choice: Choice) -> None:
        self._workspace = workspace
        self._way = way
        self._choice = choice
        self._scan = Scan(workspace.state)
        self._plain: set[str] = set()  # directories that are no links, as long as nothing was written

    def outputs(self, record: Record) -> Iterator[Given]:
        """Give back what is wanted of a stage's outputs."""
        home = self._workspace.project.home
        with _held(home, record):
            # as it is now that nobody writes
            path = lock_path(home, record.pipeline, record.stage)
            lock = record.lock if read_bytes(path) == record.text else read_lock(path, record.stage)
            if isinstance(lock, Lock):
                for place, output in lock.outputs.items():
                    yield from self.parts(output.content, place, record.stage, output.kind)

    def parts(self, content: Content, path: str, stage: str | None = None, kind: str = "out") -> Iterator[Given]:
        """Give back what is wanted of a recorded path: all of it, or places inside it."""
        for part in self._choice.parts(path, stage):
            yield self._give(content, path, part, stage, kind)

    def _give(self, content: Content, path: str, part: str, stage: str | None, kind: str) -> Given:
        workspace = self._workspace
        shown = f"{path.rstrip('/')}/{part}" if part else path
        way = self._way._replace(mode=mode_of(kind, self._way.mode))
        try:
            found = find_part(workspace, content, part)
            if found is None:
                raise UsageError(f"{shown} is no part of {path} as recorded")
            place = confined(workspace.project.root, shown, self._plain)
            given = give_back(workspace, self._scan, way, found, place, shown, stage)
        except ObjectError as error:
            return Given(stage, shown, "lost", problem=str(error))
        if given.fate != "right":
            self._plain.clear()
        return given


@contextmanager
def _held(home: Path, record: Record) -> Iterator[None]:
    """Keep other processes from the stage's outputs, waiting for them first.

    Where nothing may be written, there is no lock to take: what is right is told all the same.
    """
    lock = FileLock(home / "locks" / record.pipeline / record.stage, within=home.parent)
    try:
        lock.lock()
    except DiskError as error:
        if not error.read_only:
            raise
    try:
        yield
    finally:
        lock.unlock()
