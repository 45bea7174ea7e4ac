"""The use case: give back an output or tracked data as it was at a git revision, without checking the revision out.

What belongs at a path is read from the records of that revision, as git has them; the bytes come from the cache, or
from git itself where it has the very same. What a command kept aside is given back the same way, by its object.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pivot.bounded import SIZE_LIMIT
from pivot.checkout import Choice
from pivot.errors import UsageError
from pivot.git import Revision, find_revision
from pivot.given import Given, Way, find_part, find_way, give_back
from pivot.lock import Lock
from pivot.outputs import confined, mode_of
from pivot.paths import reserved
from pivot.record import Damaged
from pivot.records import Records, is_record, parse_records
from pivot.workspace import Workspace
from pivot_cache import Content, Scan, hash_bytes
from pivot_cache.content import DIRECTORY, FILE, ObjectId, is_object_id
from pivot_cache.errors import ObjectError
from pivot_cache.tree import total_size
from pivot_fingerprint.named import NamedTuple


class Options(NamedTuple):
    """What to give back, and where to.

    ``targets`` are as for ``checkout``, at the revision ``rev``; or, without one, objects of the cache by name or path.
    ``output`` is an absolute path, None for the places in the work tree. ``mode`` and ``base`` are as for ``checkout``.
    """

    targets: tuple[str, ...]
    rev: str | None = None
    output: str | None = None
    force: bool = False
    mode: str | None = None
    base: str = "."


class _Item(NamedTuple):
    """One thing to give back; ``content`` is what holds it, ``part`` where in that it is."""

    stage: str | None
    path: str
    content: Content
    part: str = ""

    @property
    def shown(self) -> str:
        return f"{self.path.rstrip('/')}/{self.part}" if self.part else self.path


def get(workspace: Workspace, options: Options) -> Iterator[Given]:
    """Give back each target. Raises UsageError for an unknown one or an unknown revision, StorageError, CacheError."""
    workspace.store.hold()
    files: dict[str, str] = {}
    revision = None
    if options.rev is None:
        items = [_find_object(workspace, target) for target in options.targets]
    else:
        revision = find_revision(workspace.project.root, options.rev)
        files = revision.files()
        items = list(_find_items(revision, files, options))
    places = [_place(workspace, item, options, alone=len(items) == 1) for item in items]
    twice = next((place for number, place in enumerate(places) if place in places[:number]), None)
    if twice is not None:
        raise UsageError(f"two of them would go to {twice}", hint="get them one by one, each with its own -o")
    way = find_way(workspace, force=options.force, mode=options.mode)
    if options.output is not None:
        way = way._replace(within=None)
    scan = Scan(workspace.state)
    for item, place in zip(items, places, strict=True):
        its = way
        if revision is not None and item.path in files:
            _take_from_git(workspace, revision, files[item.path], item.content)
            its = way._replace(mode=mode_of("metric", way.mode))
        yield _give(workspace, scan, its, item, place, options)


def _find_items(revision: Revision, files: dict[str, str], options: Options) -> Iterator[_Item]:
    names = [path for path in files if is_record(path)]
    read = zip(names, revision.read((files[name] for name in names), SIZE_LIMIT), strict=True)
    records = parse_records({name: data for name, data in read if data is not None})
    choice = Choice(options.targets, options.base)
    choice.check(records, f" in {revision.name}")
    yield from _chosen(records, choice)


def _chosen(records: Records, choice: Choice) -> Iterator[_Item]:
    for record in records.stages:
        if isinstance(record.lock, Lock):
            for path, output in record.lock.outputs.items():
                for part in choice.parts(path, record.stage):
                    yield _Item(record.stage, path, output.content, part)
    for path, content in records.tracked:
        if not isinstance(content, Damaged):
            for part in choice.parts(path):
                yield _Item(None, path, content, part)


def _find_object(workspace: Workspace, target: str) -> _Item:
    """Return what a name of an object, or its path in the cache, stands for; a directory's ends in ``/``."""
    plain = target.rstrip("/")
    name = plain if is_object_id(plain) else "".join(plain.split("/")[-2:])
    if not is_object_id(name):
        raise UsageError("say of which revision", hint=f"pivot get {target} --rev HEAD")
    oid, store = ObjectId(name), workspace.store
    if target.endswith("/"):
        return _Item(None, target, Content(DIRECTORY, oid, total_size(store.tree(oid))))
    return _Item(None, target, Content(FILE, oid, store.size(oid)))


def _place(workspace: Workspace, item: _Item, options: Options, *, alone: bool) -> str:
    root = workspace.project.root
    if options.output is None:
        if options.rev is None:
            raise UsageError("an object has no place of its own", hint="say where it goes: -o NAME")
        return confined(root, item.shown)
    place = options.output.rstrip("/") or "/"
    if not alone or options.output.endswith("/") or os.path.isdir(place):
        place = os.path.join(place, os.path.basename(item.shown.rstrip("/")))
    if Path(place).is_relative_to(root) and reserved(str(Path(place).relative_to(root))):
        raise UsageError(f"{place} is not a place for data", hint="choose one outside of .git and .pivot")
    return place


def _take_from_git(workspace: Workspace, revision: Revision, blob: str, content: Content) -> None:
    """Put into the cache what git has, as with metrics, if it is the very content and the cache does not hold it."""
    if content.kind != DIRECTORY and not workspace.store.has(content.digest):
        (data,) = revision.read([blob])
        if data is not None and hash_bytes(data) == content.digest:
            workspace.store.add_bytes(data)


def _give(workspace: Workspace, scan: Scan, way: Way, item: _Item, place: str, options: Options) -> Given:
    shown = item.shown if options.output is None else os.path.relpath(place, workspace.project.root / options.base)
    try:
        content = find_part(workspace, item.content, item.part)
    except ObjectError as error:
        return Given(item.stage, item.shown, "lost", problem=str(error))
    if content is None:
        raise UsageError(f"{item.shown} is no part of {item.path} as recorded")
    given = give_back(workspace, scan, way, content, place, shown, item.stage)
    if given.fate != "lost":
        return given
    problem = f"{item.shown} as of {options.rev or 'then'} is not in the cache (object {content.digest})"
    return given._replace(problem=problem)
