"""What entries reach, where there are many of them in one process: sets of nodes, kept as the bits of whole numbers.

What a node reaches is found once, for all nodes of a cycle together, and joined for each entry. The result is the same
as that of ``walk``, without the ways: who wants those asks ``walk`` for one entry. ``walk`` is asked at once where what
is reached changes the rules themselves: code that reads annotations, that asks for subclasses, or that loads modules.
"""

from collections.abc import Iterable
from itertools import compress

from pivot_fingerprint.components import components
from pivot_fingerprint.definitions import IGNORED, INTROSPECTS, ORDERS, SUBCLASSES, TEXT
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.influence import Influence
from pivot_fingerprint.processes import Process
from pivot_fingerprint.sources import Outside
from pivot_fingerprint.walk import Walk, shortcut, walk

_SELECTED = bytes(one == ord("1") for one in range(256))


type Reached = tuple[int, int, int]
"""A set of nodes and of modules outside the project, as bits, and the marks of the definitions among them."""


class Reach:
    """What nodes reach in one process."""

    def __init__(self, graph: Graph, process: Process) -> None:
        self._graph = graph
        self._process = process
        self._loaded = frozenset(process.nodes)
        self._known: dict[int, Reached] = {}
        self._leads: dict[int, tuple[list[int], int, int]] = {}
        self._bits: dict[int, int] = {}  # of nodes
        self._nodes: list[int] = []  # of bits
        self._outside_bits: dict[Outside, int] = {}
        self._influences: dict[int, Influence] = {}  # by bits of outside
        self._kinds = dict.fromkeys(("definition", "ignored", "name", "load", "outside", "other"), 0)  # bits

    def walk(self, entries: Iterable[int]) -> Walk:
        """Return what entries reach, without the ways there."""
        starts = [*dict.fromkeys(entries)]
        found = self._of_all([*starts, *self._process.reads])
        while waiting := self._affected(found):
            found = _joined([found, *(self._of(number) for number in waiting)])
        nodes, _, marks = found
        if nodes & self._kinds["load"] or marks & (INTROSPECTS | SUBCLASSES):
            return walk(self._graph, starts, self._process)
        return self._as_walk(found)

    def _as_walk(self, found: Reached) -> Walk:
        nodes, outside, marks = found
        of_kind = {kind: _members(nodes & bits, self._nodes) for kind, bits in self._kinds.items()}
        return Walk(
            of_kind["definition"],
            of_kind["ignored"],
            of_kind["other"],
            of_kind["name"],
            [],
            set(_members(outside, list(self._outside_bits))),
            {},
            texts=bool(marks & TEXT),
            ordered=bool(marks & ORDERS),
        )

    def _affected(self, found: Reached) -> list[int]:
        """Return the waiting statements whose effect may reach what was reached, as far as they are not among it."""
        if not self._process.waiting:
            return []
        nodes, outside, _ = found
        influence = self._influences.get(outside)
        if influence is None:
            modules = _members(outside, list(self._outside_bits))
            influence = self._influences[outside] = Influence(self._graph.sources, modules)
        return [
            number
            for number, _, changed in self._process.waiting
            if not nodes >> self._bit(number) & 1 and any(influence.feels(one) for one in changed)
        ]

    def _of_all(self, nodes: Iterable[int]) -> Reached:
        return _joined([self._of(node) for node in nodes])

    def _of(self, start: int) -> Reached:
        """Return what a node reaches, itself included."""
        for component in components(start, self._following, self._known):
            self._complete(component)
        return self._known[start]

    def _complete(self, component: list[int]) -> None:
        nodes = outside = marks = 0
        known = self._known
        for node in component:
            nodes |= 1 << self._bit(node)
            below, leaving, marked = self._leads[node]
            outside |= leaving
            marks |= marked
            for one in below:
                if one in known:
                    more, leaving, marked = known[one]
                    nodes |= more
                    outside |= leaving
                    marks |= marked
        known.update(dict.fromkeys(component, (nodes, outside, marks)))

    def _following(self, node: int) -> list[int]:
        found = self._leads.get(node)
        if found is None:
            found = self._leads[node] = self._find_leads(node)
        return found[0]

    def _find_leads(self, node: int) -> tuple[list[int], int, int]:
        """Return the nodes to which a node leads, the modules outside the project as bits, and its marks."""
        marks = self._graph.sources.marks[node] if node >= 0 else 0
        if marks & IGNORED:
            return [], 0, 0
        nodes, externals = shortcut(self._graph, self._process, node)
        outside, loaded = 0, self._loaded
        for external in externals:
            outside |= 1 << self._outside_bits.setdefault(external, len(self._outside_bits))
        return [one for one in nodes if one not in loaded] if node not in loaded else [], outside, marks

    def _bit(self, node: int) -> int:
        found = self._bits.get(node)
        if found is None:
            found = self._bits[node] = len(self._nodes)
            self._nodes.append(node)
            self._kinds[self._kind(node)] |= 1 << found
        return found

    def _kind(self, node: int) -> str:
        if node >= 0:
            return "ignored" if self._graph.sources.marks[node] & IGNORED else "definition"
        kind = self._graph.label(node)[0]
        return kind if kind in self._kinds else "other"


def _joined(found: list[Reached]) -> Reached:
    nodes = outside = marks = 0
    for more, leaving, marked in found:
        nodes |= more
        outside |= leaving
        marks |= marked
    return nodes, outside, marks


def _members[T](bits: int, members: list[T]) -> list[T]:
    """Return the members whose bits are set."""
    return list(compress(members, f"{bits:b}"[::-1].encode().translate(_SELECTED))) if bits else []
