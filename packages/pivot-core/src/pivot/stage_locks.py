"""Locks between ``pivot`` processes, one file a stage: exclusive on the stage at hand, shared on those it reads from.

Taken all together without waiting, or not at all, so there is no deadlock; freed by the kernel when a process dies.
Readers such as ``status`` take none, since every record is replaced whole.
"""

from pathlib import Path

from pivot.graph import Graph
from pivot.manifest import Manifest
from pivot_cache import FileLock, try_all

POLL = 0.05  # seconds between two looks at a lock that another process holds


class StageLocks:
    """The locks that one run holds."""

    def __init__(self, home: Path, manifest: Manifest, graph: Graph) -> None:
        self._graph = graph
        self._home = home
        self._pipelines = {stage.name: stage.pipeline for stage in manifest.stages}
        self._held: dict[str, list[FileLock]] = {}

    def take(self, stage: str) -> str | None:
        """Take what a stage needs; return None, or the stage that another process holds."""
        names = (stage, *self._graph.upstream[stage])
        files = [self._home / "locks" / self._pipelines[name] / name for name in names]
        locks = [FileLock(file, within=self._home.parent) for file in files]
        busy = try_all(locks, exclusive=[name == stage for name in names])
        if busy is not None:
            return names[locks.index(busy)]
        self._held[stage] = locks
        return None

    def release(self, stage: str) -> None:
        """Give back what a stage held; nothing if it held nothing."""
        for lock in self._held.pop(stage, ()):
            lock.unlock()
