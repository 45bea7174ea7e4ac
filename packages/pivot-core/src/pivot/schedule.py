"""Who may start now: order, mutexes and nothing else. Pure bookkeeping; knows neither files nor processes."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

from pivot.graph import Graph
from pivot.manifest import StageSpec


class Schedule:
    """Hands out stages in plan order as soon as everything that they read from is settled.

    A stage is *taken* by ``ready``, then either ``settle``d or held back with ``defer`` until a running stage ends.
    """

    def __init__(self, stages: Iterable[StageSpec], graph: Graph) -> None:
        self._stages: Mapping[str, StageSpec] = {stage.name: stage for stage in stages}
        self._sorter = TopologicalSorter(
            {name: [one for one in graph.upstream[name] if one in self._stages] for name in self._stages}
        )
        self._sorter.prepare()
        self._rank = {name: rank for rank, name in enumerate(self._stages)}
        self._waiting: list[str] = []
        self._started: set[str] = set()
        self._held: set[str] = set()  # mutexes of running stages

    def ready(self) -> Iterator[StageSpec]:
        """Take every stage that may start, in plan order; settling one may make more of them ready."""
        while True:
            self._waiting = sorted((*self._waiting, *self._sorter.get_ready()), key=self._rank.__getitem__)
            name = next((one for one in self._waiting if self._held.isdisjoint(self._stages[one].mutex)), None)
            if name is None:
                return
            self._waiting.remove(name)
            yield self._stages[name]

    def defer(self, stage: StageSpec) -> None:
        """Give a taken stage back: there is no slot for it yet."""
        self._waiting.append(stage.name)

    def start(self, stage: StageSpec) -> None:
        """Note that a taken stage runs: it holds its mutexes until it is settled."""
        self._started.add(stage.name)
        self._held.update(stage.mutex)

    def settle(self, stage: StageSpec) -> None:
        """Note that a taken stage is over, so that what reads from it, and what waits for its mutexes, may start."""
        if stage.name in self._started:
            self._held.difference_update(stage.mutex)
        self._sorter.done(stage.name)

    @property
    def over(self) -> bool:
        """Whether every stage is settled."""
        return not self._sorter.is_active()
