"""The order of statements where it matters: of those that bind or change the same name, or read it in between.

Everything else in a module may stand in any order without a change of digests. ``digests`` takes what is found here
into the digests.
"""

from bisect import bisect_left
from collections.abc import Iterable

from pivot_fingerprint.definitions import DISPATCHES, MODULES, NOW
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.processes import Process
from pivot_fingerprint.sources import Source


class Order:
    """Finds what the order of statements adds to the digests of the definitions of a graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._sources = graph.sources
        self._known: dict[int, list[str]] = {}
        self._groups: dict[tuple[str, str], list[int]] = {}
        self._contributors: dict[str, dict[str, set[int]]] = {}
        self._with_groups: dict[str, bool] = {}

    def of(self, number: int) -> list[str]:
        """Return the place of a definition among those of its module that bind or change the same names, if any."""
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._find(number)
        return found

    def _find(self, number: int) -> list[str]:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        if not self._has_groups(home):
            return []
        found = []
        for name in definition.binds:
            group = self.group(home, name)
            if len(group) > 1 and group[0] != number:
                found.append(f"order {name} {group.index(number)}")
        for (path, use), target in zip(definition.refs, self._graph.targets(number), strict=True):
            if use & NOW and target.names:
                for module, name in target.names:
                    if module == home.name and name not in definition.binds:
                        before = bisect_left(self.group(home, name), number)
                        if before > 1:
                            found.append(f"order {path} after {before}")
        return found

    def of_members(self, number: int, *, methods: bool) -> list[str]:
        """Return the order of the attributes of a class, of its methods too if that is asked for."""
        found = [one for one in self._sources.definitions[number].members if methods or not one.endswith("()")]
        return ["members", *found] if len(found) > 1 else []

    def _has_groups(self, home: Source) -> bool:
        """Whether any name of a module is bound or changed by several of its statements."""
        found = self._with_groups.get(home.name)
        if found is None:
            several = any(len(bound) > 1 for bound in home.facts.binds.values())
            found = self._with_groups[home.name] = several or bool(self._of_module(home))
        return found

    def group(self, home: Source, name: str) -> list[int]:
        """Return the definitions of a module that bind a name of it or contribute to it, in order."""
        found = self._groups.get((home.name, name))
        if found is None:
            binders = self._graph.resolver.binders(home, name)
            dispatches = any(self._sources.marks[one] & DISPATCHES for one in binders)
            contributors = set() if dispatches else self._of_module(home).get(name, set())
            found = self._groups[home.name, name] = sorted({*binders, *contributors})
        return found

    def _of_module(self, home: Source) -> dict[str, set[int]]:
        found = self._contributors.get(home.name)
        if found is None:
            found = self._contributors[home.name] = {}
            for (module, name), number in self._graph.examiner.contributions(home).names:
                if module == home.name:
                    found.setdefault(name, set()).add(number)
        return found

    def of_imports(self, number: int, process: Process) -> list[str]:
        """Return how many statements of other modules change what a definition reads before it does.

        It reads while it is imported, or when the name is imported: one that is bound to something else later keeps
        its meaning.
        """
        reads_modules = self._sources.marks[number] & MODULES
        if not process.contributions and not reads_modules:
            return []
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        found = ["modules", *sorted(process.modules)] if reads_modules else []
        for (path, use), target in zip(definition.refs, self._graph.targets(number), strict=True):
            for name in target.names:
                if name not in process.changed:
                    continue
                node = self._graph.node("name", *name)
                before = []
                if use & NOW:
                    known = home if name[0] == home.name else None  # those of its own module are in its order already
                    before.append(
                        self._before(process.contributions[node], self._moment(number, process), known, process)
                    )
                for module, load in target.captures:
                    moments = process.moments.loads.get(module)
                    if moments is not None and module != name[0]:
                        before.append(self._before(process.rebound.get(node, ()), moments[load], None, process))
                if any(before):
                    found.append(f"order {path} after {before}")
        return found

    def _before(self, contributors: Iterable[int], moment: int, home: Source | None, process: Process) -> int:
        others = (one for one in contributors if self._sources.homes[one] is not home)
        return sum(self._moment(one, process) < moment for one in others)

    def _moment(self, number: int, process: Process) -> int:
        """Return when a definition is executed; -1 where its module is loaded on the way."""
        home = self._sources.homes[number]
        moments = process.moments.definitions.get(home.name)
        return moments[number - home.first] if moments else -1

    def _dispatches(self, node: int) -> bool:
        """Whether a name is a function made by functools.singledispatch: its implementations have no order."""
        nodes = self._graph.edges(node).nodes
        return any(one >= 0 and self._sources.marks[one] & DISPATCHES for one in nodes)

    def of_contributions(self, names: list[int], process: Process) -> dict[int, list[str]]:
        """Return the places of the statements that contribute to names, where there are several."""
        found: dict[int, list[str]] = {}
        for node in names:
            contributors = process.contributions.get(node, ())
            if len(contributors) < 2 or self._dispatches(node):
                continue
            label = self._graph.label(node)
            ordered = sorted(set(contributors), key=lambda number: (self._moment(number, process), number))
            for at, number in enumerate(ordered):
                if at:
                    found.setdefault(number, []).append(f"order {label} {at}")
        return found
