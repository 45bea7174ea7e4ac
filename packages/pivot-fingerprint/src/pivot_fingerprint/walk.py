"""From entries to everything that they reach.

A walk on the graph, breadth first, so that the shortest way to a part is found. A name leads to what binds it, and to
what contributes to it in this process. A statement that changes something outside the project is reached from whatever
may notice that. ``digests`` makes parts of what was reached.
"""

from collections.abc import Iterable, Iterator

from pivot_fingerprint.definitions import IGNORED, INTROSPECTS, ORDERS, SUBCLASSES, TEXT
from pivot_fingerprint.graph import Edges, Graph, joined
from pivot_fingerprint.influence import Influence
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.processes import Process
from pivot_fingerprint.resolve import EVERY
from pivot_fingerprint.sources import Outside, Source


class Walk(NamedTuple):
    """What was reached, and on which way.

    ``definitions`` and ``ignored`` are numbers of definitions, ``others`` nodes of other kinds that are parts,
    ``names`` those of names, ``loaded`` modules that are loaded on the way; ``led_by`` maps a node to the one that
    led to it. ``full`` says that annotations count everywhere, ``texts`` that the very text of the source does,
    ``ordered`` that the order of members in classes does.
    """

    definitions: list[int]
    ignored: list[int]
    others: list[int]
    names: list[int]
    loaded: list[str]
    outside: set[Outside]
    led_by: dict[int, int]
    full: bool = False
    texts: bool = False
    ordered: bool = False


def walk(graph: Graph, entries: Iterable[int], process: Process) -> Walk:
    """Return what is reached from nodes in a process."""
    starts = list(dict.fromkeys(entries))
    found = _Walker(graph, process).walk(starts)
    marks = 0
    for number in found.definitions:
        marks |= graph.sources.marks[number]
    late = any(_contributes(graph, name) for name in found.loaded)
    if late or marks & (INTROSPECTS | SUBCLASSES):
        walker = _Walker(graph, process, late=late, full=bool(marks & INTROSPECTS), subclasses=bool(marks & SUBCLASSES))
        found = walker.walk(starts)
    return found._replace(texts=bool(marks & TEXT), ordered=bool(marks & ORDERS))


def _contributes(graph: Graph, name: str) -> bool:
    module = graph.sources.module(name)
    return isinstance(module, Source) and bool(graph.examiner.contributions(module).names)


class _Walker:
    """One walk.

    ``late`` follows what modules contribute that are loaded only on the way, ``full`` annotations, ``subclasses`` the
    ways from classes to those that inherit from them.
    """

    def __init__(
        self, graph: Graph, process: Process, *, late: bool = False, full: bool = False, subclasses: bool = False
    ) -> None:
        self.graph = graph
        self.process = process
        self.subclasses = subclasses
        self.direct = late or subclasses or full  # without the shortcuts
        self.seen = dict.fromkeys(process.nodes)
        self.waiting = list(process.waiting)
        self.late: dict[int, list[int]] = {}
        self.found = Walk([], [], [], [], [], set(), {}, full)

    def walk(self, starts: list[int]) -> Walk:
        seen, led_by, following = self.seen, self.found.led_by, self._following
        queue = [one for one in dict.fromkeys((*starts, *self.process.reads)) if one not in seen]
        seen.update(dict.fromkeys(queue))
        at = 0
        while at < len(queue):
            node = queue[at]
            at += 1
            for one in following(node):
                if one not in seen:
                    seen[one] = None
                    led_by[one] = node
                    queue.append(one)
            if at == len(queue):
                queue.extend(self._affected())
        return self.found

    def _following(self, node: int) -> Iterable[int]:
        graph, found = self.graph, self.found
        if node >= 0:
            if graph.sources.marks[node] & IGNORED:
                found.ignored.append(node)
                return ()
            found.definitions.append(node)
        if not self.direct:
            edges = shortcut(graph, self.process, node)
        else:
            edges = graph.edges(node)
            if node >= 0 and (found.full or graph.visibility.is_noted(node)):
                edges = joined(edges, graph.notes(node))
        if edges.outside:
            found.outside.update(edges.outside)
        if node >= 0:
            return edges.nodes
        match graph.label(node):
            case ("name", *_):
                found.names.append(node)
                return self._of_name(node, edges.nodes)
            case ("load", name):
                return self._of_load(node, name, edges.nodes)
            case ("outside", _):
                return ()
        found.others.append(node)
        return (*edges.nodes, *_contributions(graph, self.process, node, edges.nodes)) if self.direct else edges.nodes

    def _of_name(self, node: int, following: tuple[int, ...]) -> tuple[int, ...]:
        if self.direct:
            following = (*following, *_contributions(self.graph, self.process, node, following))
        late = self.late.get(node, ())
        if late and not any(one >= 0 and self.graph.is_pipeline(one) for one in following):
            following = (*following, *late)
        if self.subclasses:
            following = (*following, *self.process.subclasses.get(node, ()))
        return following

    def _of_load(self, node: int, name: str, following: tuple[int, ...]) -> tuple[int, ...]:
        """Follow a module that is loaded only because something that was reached imports it."""
        self.found.loaded.append(name)
        module = self.graph.sources.module(name)
        if not isinstance(module, Source):
            return following
        does = self.graph.examiner.contributions(module)
        self.waiting.extend((number, node, changed) for number, changed in does.everywhere)
        more = []
        for key, number in does.names:
            target = self.graph.node("name", *key)
            self.late.setdefault(target, []).append(number)
            if target in self.seen:
                more.append(number)
        return (*following, *more)

    def _affected(self) -> Iterator[int]:
        """Yield the waiting statements whose effect may reach what was reached."""
        if not self.waiting:
            return
        influence = Influence(self.graph.sources, self.found.outside)
        for number, node, changed in self.waiting:
            if number not in self.seen and any(influence.feels(one) for one in changed):
                self.seen[number] = None
                self.found.led_by[number] = node
                yield number


def shortcut(graph: Graph, process: Process, node: int) -> Edges:
    """Return where a node leads in a process."""
    if node >= 0:
        return graph.usual(node)
    found = process.shortcuts.get(node)
    if found is None:
        nodes, outside = graph.usual(node)
        found = process.shortcuts[node] = Edges((*nodes, *_contributions(graph, process, node, nodes)), outside)
    return found


def _contributions(graph: Graph, process: Process, node: int, following: tuple[int, ...]) -> Iterable[int]:
    """Return what a name or a whole module leads to in a process besides what binds it."""
    label = graph.label(node)
    if label[0] == "whole":
        above = label[1]
        return [graph.node("whole", one) for one in process.modules if above in (EVERY, one.rpartition(".")[0])]
    more = process.contributions.get(node, ())
    return () if more and any(one >= 0 and graph.is_pipeline(one) for one in following) else more
