"""Who may start now: order, mutexes and nothing else. Pure bookkeeping; knows neither files nor processes."""

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from pivot.graph import Graph
from pivot.manifest import StageSpec


class Schedule:
    """Hands out stages in plan order as soon as everything that they read from is settled.

    A stage is *taken* by ``ready``, then either ``settle``d or given back with ``defer``.
    """

    def __init__(self, stages: Iterable[StageSpec], graph: Graph) -> None:
        self._stages = list(stages)
        self._rank = {stage.name: rank for rank, stage in enumerate(self._stages)}
        self._sorter = TopologicalSorter(
            {stage.name: [one for one in graph.upstream[stage.name] if one in self._rank] for stage in self._stages}
        )
        self._sorter.prepare()
        self._waiting: list[int] = []  # a heap of ranks
        self._started: set[str] = set()
        self._held: set[str] = set()  # mutexes of running stages
        self.left = len(self._stages)
        """How many stages are not settled."""

    def ready(self) -> Iterator[StageSpec]:
        """Take every stage that may start, in plan order; settling one may make more of them ready."""
        excluded: list[int] = []
        try:
            while True:
                for name in self._sorter.get_ready():
                    heappush(self._waiting, self._rank[name])
                if not self._waiting:
                    return
                rank = heappop(self._waiting)
                if self._held.isdisjoint(self._stages[rank].mutex):
                    yield self._stages[rank]
                else:
                    excluded.append(rank)
        finally:
            for rank in excluded:
                heappush(self._waiting, rank)

    def defer(self, stage: StageSpec) -> None:
        """Give a taken stage back: it cannot start yet."""
        heappush(self._waiting, self._rank[stage.name])

    def start(self, stage: StageSpec) -> None:
        """Note that a taken stage runs: it holds its mutexes until it is settled."""
        self._started.add(stage.name)
        self._held.update(stage.mutex)

    def settle(self, stage: StageSpec) -> None:
        """Note that a taken stage is over, so that what reads from it, and what waits for its mutexes, may start."""
        if stage.name in self._started:
            self._held.difference_update(stage.mutex)
        self._sorter.done(stage.name)
        self.left -= 1
