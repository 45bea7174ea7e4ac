"""The use case: remove from the cache what nothing needs any more. A plan first; whoever wants acts upon it.

Stays: what records name, in the work tree and in git (``roots``); the results of the last runs of each stage; what the
setting ``gc.keep`` names; and whatever is young, with all that it refers to. Afterwards a run may be slower, never
wrong: a trace goes before the objects that it names, a listing before its files.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from time import time

from pivot.errors import StorageError
from pivot.lock import Lock
from pivot.project import find_root
from pivot.roots import git_roots, work_tree_roots
from pivot.traces import keep_only, read_records
from pivot.workspace import Workspace
from pivot_cache import ObjectId
from pivot_cache.inventory import inventory, is_file
from pivot_cache.reach import HEAD, reach
from pivot_cache.registry import Registry
from pivot_fingerprint.named import NamedTuple

YOUNG_DAYS = 14


class Stay(NamedTuple):
    """Objects that stay, and why: ``work tree``, ``git``, ``runs``, ``keep`` or ``young``."""

    why: str
    objects: int
    bytes: int


class Plan(NamedTuple):
    """What goes and what stays. ``oldest`` is when the oldest of the objects that go was written, seconds since the
    epoch; ``projects`` are the roots that were asked."""

    objects: tuple[ObjectId, ...]
    bytes: int
    oldest: float | None
    traces: int
    stays: tuple[Stay, ...]
    projects: tuple[str, ...]
    done: bool = False


class _Trace(NamedTuple):
    key: ObjectId
    number: int  # among those of its key, the newest first
    written: float
    lock: Lock

    @property
    def outputs(self) -> set[ObjectId]:
        return {output.content.digest for output in self.lock.outputs.values()}


def collect(
    workspace: Workspace, *, act: bool = False, all_projects: bool = False, now: Callable[[], float] = time
) -> Plan:
    """Return what would go, or with ``act`` what is gone.

    Raises StorageError where a root cannot be read, another process is at work, or the cache is shared and not
    ``all_projects`` are meant; CacheError where the disk refuses.
    """
    projects = _projects(workspace, all_projects)
    if not act or not os.path.isdir(workspace.store.root):
        return _Collection(workspace, projects, now()).plan()
    lock = workspace.store.lock()
    if not lock.try_lock():
        raise StorageError(
            "another pivot is at work with this cache", hint="nothing was removed; run it again when that is over"
        )
    with lock:
        collection = _Collection(workspace, projects, now())
        return collection.act(collection.plan())


def _projects(workspace: Workspace, all_projects: bool) -> tuple[str, ...]:
    """Return all that have to be asked: the project in which the cache lies, and whoever else uses it."""
    own = str(workspace.project.root)
    registry = Registry(workspace.store.layout)
    around = find_root(Path(os.path.realpath(workspace.store.root)))
    users = [*([str(around)] if around else []), *registry.roots()]
    others = [root for root in users if root != own]
    if not others and not workspace.shares_cache:
        return (own,)
    if not all_projects:
        raise StorageError(
            f"the cache {workspace.store.root} lies outside of this project, and others may use it"
            if workspace.shares_cache
            else f"the cache {workspace.store.root} is used by other projects, too",
            hint=f"pivot gc --all-projects keeps what all of its {len(others) + 1} users need",
            details="\n".join(others) or None,
        )
    for root in users:
        if not os.path.isdir(os.path.join(root, ".pivot")):
            raise StorageError(
                f"the project {root} uses this cache and is not there",
                hint=f"mount or restore it; if it is gone for good, delete {registry.file(root)}",
            )
    return tuple(dict.fromkeys((own, *users)))


class _Collection:
    """One look at a cache and at all that needs it."""

    def __init__(self, workspace: Workspace, projects: tuple[str, ...], now: float) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._projects = projects
        self._horizon = now - YOUNG_DAYS * 86_400
        self._sizes: dict[ObjectId, int] = {}
        self._written: dict[ObjectId, float] = {}
        self._traces: list[_Trace] = []
        self._dropped: list[_Trace] = []

    def plan(self) -> Plan:
        """Return what goes and what stays, and why."""
        self._take_stock()
        kept: dict[ObjectId, str] = {}
        for why, roots in self._roots():
            for oid in reach(roots, self._store.peek):
                kept.setdefault(oid, why)
        self._dropped = [trace for trace in self._traces if not self._is_whole(trace, kept)]
        gone = [oid for oid in self._sizes if oid not in kept]
        counts, sizes = Counter[str](), Counter[str]()
        for oid in self._sizes.keys() & kept.keys():
            counts[kept[oid]] += 1
            sizes[kept[oid]] += self._sizes[oid]
        return Plan(
            tuple(gone),
            sum(self._sizes[oid] for oid in gone),
            min((self._written[oid] for oid in gone), default=None),
            len(self._dropped),
            tuple(Stay(why, counts[why], sizes[why]) for why in counts),
            self._projects,
        )

    def act(self, plan: Plan) -> Plan:
        """Remove what the plan says: traces, then listings, then the rest, so that nothing names what is gone."""
        dropped = {(trace.key, trace.number) for trace in self._dropped}
        for key in {trace.key for trace in self._dropped}:
            left = [trace.lock for trace in self._traces if trace.key == key and (key, trace.number) not in dropped]
            keep_only(self._store.runs, key, left)
        for oid in sorted(plan.objects, key=lambda oid: self._store.peek(oid, HEAD) is None):
            self._store.remove(oid)
        self._store.remove_partials()
        return plan._replace(done=True)

    def _take_stock(self) -> None:
        for item in inventory(self._store.layout):
            if item.name is None or not is_file(item):
                continue  # what is not ours, or not right, is for fsck
            if item.kind == "object":
                self._sizes[item.name] = item.status.st_size
                self._written[item.name] = item.status.st_mtime
            elif item.kind == "run":
                locks = read_records(self._store.runs, item.name)
                self._traces += [
                    _Trace(item.name, number, item.status.st_mtime, lock) for number, lock in enumerate(locks)
                ]

    def _roots(self) -> Iterator[tuple[str, Iterable[ObjectId]]]:
        """Yield the reasons to stay, the strongest first."""
        for root in self._projects:
            yield "work tree", work_tree_roots(Path(root))
        for root in self._projects:
            yield "git", git_roots(Path(root))
        yield "runs", {oid for trace in self._last_runs() for oid in trace.outputs}
        yield "keep", {oid for trace in self._traces if self._is_named(trace) for oid in trace.outputs}
        young = {oid for oid, written in self._written.items() if written > self._horizon}
        yield "young", young.union(*(trace.outputs for trace in self._traces if trace.written > self._horizon))

    def _last_runs(self) -> Iterator[_Trace]:
        """Yield the newest traces of each stage."""
        limit = int(self._workspace.config.values["gc.runs"] or 0)
        seen = Counter[tuple[str, ...]]()
        for trace in sorted(self._traces, key=lambda trace: (-trace.written, trace.number)):
            stage = (trace.lock.stage, *sorted(trace.lock.outputs))
            seen[stage] += 1
            if seen[stage] <= limit:
                yield trace

    def _is_named(self, trace: _Trace) -> bool:
        patterns = [one.strip() for one in str(self._workspace.config.values["gc.keep"] or "").split(",")]
        names = [trace.lock.stage, *(path.rstrip("/") for path in trace.lock.outputs)]
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns if pattern)

    def _is_whole(self, trace: _Trace, kept: dict[ObjectId, str]) -> bool:
        return all(oid in kept for oid in reach(trace.outputs, self._store.peek) if oid in self._sizes)
