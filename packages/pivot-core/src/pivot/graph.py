"""Which stage comes before which: order only, nothing about freshness.

An edge leads from the stage that makes a path to the stage that reads it; a directory stands for everything below it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pivot.errors import DeclarationError
from pivot.manifest import StageSpec
from pivot.paths import parents
from pivot_fingerprint.named import NamedTuple


class Graph(NamedTuple):
    """The stages in an order in which they can run, and for each the stages that it reads from, in that order."""

    order: tuple[str, ...]
    upstream: Mapping[str, tuple[str, ...]]

    def closure(self, targets: Iterable[str]) -> tuple[str, ...]:
        """Return the targets and all that they depend on, in order."""
        wanted: set[str] = set()
        waiting = list(targets)
        while waiting:
            name = waiting.pop()
            if name not in wanted:
                wanted.add(name)
                waiting.extend(self.upstream[name])
        return tuple(name for name in self.order if name in wanted)

    def below(self, stages: Collection[str]) -> dict[str, None]:
        """Return the stages and all that depend on them, however far, in order."""
        found: dict[str, None] = {}
        for name in self.order:
            if name in stages or any(one in found for one in self.upstream[name]):
                found[name] = None
        return found

    def downstream(self, target: str) -> frozenset[str]:
        """Return every stage that depends on ``target``, however far."""
        found: set[str] = set()
        for name in self.order:
            if any(one == target or one in found for one in self.upstream[name]):
                found.add(name)
        return frozenset(found)


def build(stages: Iterable[StageSpec]) -> Graph:
    """Join stages by the paths that they make and read.

    Raises DeclarationError for a cycle.
    """
    specs = {stage.name: stage for stage in stages}
    made = {out.path.rstrip("/"): name for name, stage in specs.items() for out in stage.outs}
    inside: dict[str, list[str]] = {}  # directory -> stages that make something below it
    for path, name in made.items():
        for parent in parents(path):
            inside.setdefault(parent, []).append(name)
    upstream = {name: tuple(_makers(stage, made, inside)) for name, stage in specs.items()}
    try:
        order = tuple(TopologicalSorter(upstream).static_order())
    except CycleError as error:
        raise _cycle(error.args[1], specs) from None
    return Graph(order, upstream)


def makers(path: str, made: Mapping[str, str]) -> Iterator[str]:
    """Yield the stages whose outputs are ``path`` or a directory above it; ``made`` maps output path to stage."""
    for candidate in (path, *parents(path)):
        if candidate in made:
            yield made[candidate]


def _makers(stage: StageSpec, made: Mapping[str, str], inside: Mapping[str, list[str]]) -> list[str]:
    found: dict[str, None] = {}
    for dep in stage.deps:
        path = dep.path.rstrip("/")
        found.update(dict.fromkeys(makers(path, made)))
        found.update(dict.fromkeys(inside.get(path, ())))
    return list(found)


def _cycle(names: list[str], specs: Mapping[str, StageSpec]) -> DeclarationError:
    return DeclarationError(  # graphlib lists each stage before the one that needs it: as the data goes
        "the stages depend on each other in a cycle: " + " → ".join(names),
        **specs[names[0]].place,
        hint="let one of them read another file, or split it in two",
    )
