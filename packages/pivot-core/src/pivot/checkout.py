"""The use case: give back the outputs that the locks record, from the cache. Nothing of the user's is imported.

Works from lock files alone, which may come from anybody: their paths are confined to the project, and nothing that the
cache does not hold is overwritten unless asked to, and then it is kept first.
"""

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, cast

from pivot.errors import StorageError, UsageError
from pivot.lock import Lock, Output, read_lock
from pivot.outputs import confined, is_kept
from pivot.record import Damaged
from pivot.suggest import did_you_mean
from pivot.workspace import Workspace
from pivot_cache import FileLock, Scan
from pivot_cache.errors import ObjectError, SourceError
from pivot_cache.restore import Mode

type Fate = Literal["right", "restored", "differs", "edited", "lost"]


class Record(NamedTuple):
    """The lock of a stage, found on disk; ``pipeline`` is the directory of its pipeline.py."""

    stage: str
    pipeline: str
    lock: Lock | Damaged


class Given(NamedTuple):
    """What came of one output.

    ``right``: it was there already. ``restored``: it was given back; ``saved`` is where in the cache what was in its
    place is kept. ``differs``: something else is there, and only missing ones were asked for. ``edited``: something
    else is there that the cache does not hold. ``lost``: the cache does not hold it; ``problem`` says what is missing.
    """

    stage: str
    path: str
    fate: Fate
    saved: str | None = None
    problem: str | None = None


class Options(NamedTuple):
    """What to give back, and how; ``mode`` None means as configured, ``base`` is where relative paths begin."""

    targets: tuple[str, ...] = ()
    force: bool = False
    only_missing: bool = False
    mode: str | None = None
    base: str = "."


def checkout(workspace: Workspace, options: Options) -> Iterator[Given]:
    """Give back the outputs of the targets (stages, or paths of outputs or above them), all if none is named.

    One that cannot be given back does not keep the others. Raises UsageError for an unknown target, StorageError for a
    record whose path leaves the project through a link, CacheError where the disk is in the way.
    """
    records = list(find_records(workspace.project.home))
    wanted = list(_choose(records, options))
    scan = Scan(workspace.state)
    for record, paths in wanted:
        with _held(workspace.project.home, record):
            lock = read_lock(_path(workspace.project.home, record), record.stage)  # as it is now that nobody writes
            if isinstance(lock, Lock):
                for path, output in lock.outputs.items():
                    if path in paths:
                        yield _give_back(workspace, scan, record.stage, path, output, options)


def find_records(home: Path) -> Iterator[Record]:
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


def _choose(records: Sequence[Record], options: Options) -> Iterator[tuple[Record, frozenset[str]]]:
    """Yield each record that a target names, with the paths of its outputs that are wanted."""
    good = [(record, frozenset(record.lock.outputs)) for record in records if isinstance(record.lock, Lock)]
    if not options.targets:
        yield from good
        return
    names = {record.stage for record in records}
    places: list[str] = []
    for target in options.targets:
        place = posixpath.normpath(posixpath.join(options.base, target))
        if target not in names and not any(_within(path, place) for _, paths in good for path in paths):
            raise _unknown(target, records)
        places.append(place)
    for record, paths in good:
        chosen = paths if record.stage in options.targets else _below(paths, places)
        if chosen:
            yield record, chosen


def _below(paths: Iterable[str], places: Sequence[str]) -> frozenset[str]:
    return frozenset(path for path in paths if any(_within(path, place) for place in places))


def _within(path: str, place: str) -> bool:
    plain = path.rstrip("/")
    return place in (".", plain) or plain.startswith(f"{place}/")


def _unknown(target: str, records: Sequence[Record]) -> UsageError:
    known = {record.stage for record in records}
    if not known:
        return UsageError(f"there is no record of {target!r}", hint="nothing has been recorded here; run: pivot repro")
    outputs = {path for record in records if isinstance(record.lock, Lock) for path in record.lock.outputs}
    return UsageError(f"there is no record of a stage or output {target!r}", hint=did_you_mean(target, known | outputs))


def _give_back(workspace: Workspace, scan: Scan, stage: str, path: str, output: Output, options: Options) -> Given:
    store = workspace.store
    place = confined(workspace.project.root, path)
    saved = None
    try:
        found = scan.content(place)
    except SourceError as error:  # something that cannot be kept, so it may not be overwritten either
        return Given(stage, path, "edited", problem=str(error))
    if found == output.content:
        return Given(stage, path, "right")
    if not store.has_all(output.content):
        return Given(stage, path, "lost", problem=f"{path} is not in the cache")
    if found is not None:
        if options.only_missing:
            return Given(stage, path, "differs")
        if not store.has_all(found):
            ours = is_kept(workspace, scan, place, found)
            if not (ours or options.force):
                return Given(stage, path, "edited")
            kept = store.save(place, scan=scan)  # of a directory whose files are all there, only its listing is new
            saved = None if ours else workspace.project.relative(store.path(kept.digest))
    mode = cast(Mode, options.mode or workspace.config.values["cache.checkout_mode"])
    try:
        store.restore(output.content, place, mode=mode, scan=scan, replace=found)
    except ObjectError as error:
        return Given(stage, path, "lost", saved, str(error))
    return Given(stage, path, "restored", saved)


def _path(home: Path, record: Record) -> Path:
    return home / "stages" / record.pipeline / f"{record.stage}.lock"


def _held(home: Path, record: Record) -> FileLock:
    """Return the lock that keeps other processes from the stage's outputs; waits when entered."""
    file = home / "locks" / record.pipeline / record.stage
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make {file.parent}: {error.strerror}") from error
    return FileLock(file)
