"""What the process of a pipeline imports in any case, and what those imports change: the same for all its stages.

Made once for each set of imported modules; ``walk`` starts from it.
"""

from collections.abc import Iterable

from pivot_fingerprint.graph import Edges, Graph
from pivot_fingerprint.loading import Moments, moments
from pivot_fingerprint.objects import Name
from pivot_fingerprint.sources import Source


class Process:
    """A process that imports some modules.

    ``modules`` have their places in the order of import, of which ``moments`` says more. ``contributions`` lead from
    the node of a name to the statements that contribute to it, ``rebound`` to those that bind it to something else,
    ``subclasses`` from that of a class to the classes that inherit from it; ``changed`` are the names to which any
    statement contributes. ``nodes`` are those of the loaded modules, ``reads`` those of what is read while they load.
    ``waiting`` are statements with an effect outside the project: the definition, the node of its module, the dotted
    names that it changes. ``shortcuts`` are edges that ``walk`` keeps.
    """

    def __init__(self, moments: Moments) -> None:
        self.modules = moments.modules
        self.moments = moments
        self.contributions: dict[int, list[int]] = {}
        self.changed: set[Name] = set()
        self.rebound: dict[int, list[int]] = {}
        self.subclasses: dict[int, list[int]] = {}
        self.nodes: list[int] = []
        self.reads: list[int] = []
        self.waiting: list[tuple[int, int, frozenset[str]]] = []
        self.shortcuts: dict[int, Edges] = {}


class Processes:
    """The processes of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[frozenset[str], Process] = {}

    def process(self, modules: Iterable[str]) -> Process:
        """Return the process that imports these modules and whatever they import."""
        given = frozenset(modules)
        found = self._known.get(given)
        if found is None:
            found = self._known[given] = self._make(given)
        return found

    def _make(self, given: frozenset[str]) -> Process:
        graph = self._graph
        found = Process(moments(graph.sources, given))
        found.reads.extend(graph.reads.get(("", -1), ()))
        for name in found.modules:
            node = graph.node("load", name)
            found.nodes.append(node)
            module = graph.sources.module(name)
            if not isinstance(module, Source):
                continue
            does = graph.examiner.contributions(module)
            for key, number in does.names:
                found.changed.add(key)
                found.contributions.setdefault(graph.node("name", *key), []).append(number)
            for key, number in does.rebound:
                found.rebound.setdefault(graph.node("name", *key), []).append(number)
            for key, number in does.subclasses:
                found.subclasses.setdefault(graph.node("name", *key), []).append(number)
            found.waiting.extend((number, node, changed) for number, changed in does.everywhere)
            found.reads.extend(graph.reads.get((name, -1), ()))
        return found
