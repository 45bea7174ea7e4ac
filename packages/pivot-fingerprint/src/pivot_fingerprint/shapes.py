"""The shape of a definition: a digest in which the plain functions that it calls count by what they do, not by name.

Two definitions of one shape do the same, whatever the functions that they call are named and wherever those are. That
holds only for functions whose names nothing can see. Such a function, here called *nameless*,

- is an undecorated ``def`` at top level, with constant defaults, without functions, classes or ``global`` inside;
- is bound once, and nothing in any module that may be imported changes or reads it in another way than by calling it;
- is in no module that is used as a value, and no code looks at frames or finds names by text.

A constant is nameless under the same conditions if it is made of literals that cannot be changed; it may be read in
any way. A class never is: pickles and messages name it.

The idea is that of bisimulation. A digest is made of the digests of what is called, down to what calls nothing; so two
equal digests stand for the same tree of calls. Functions that call one another in a circle have no such bottom: they
all begin with one colour, and get finer ones from the colours of what they call, until nothing changes. This module
finds what a shape is made of; the digests are taken in ``recipes``.
"""

from collections.abc import Iterator

from pivot_fingerprint.definitions import CALLED, DYNAMIC, FROZEN, IGNORED, IMPORT, SIMPLE, STORE, VALUE
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.loading import importable
from pivot_fingerprint.order import Order
from pivot_fingerprint.processes import Process
from pivot_fingerprint.resolve import Target
from pivot_fingerprint.sources import Source


class Shapes:
    """The shapes of definitions in a process."""

    def __init__(self, graph: Graph, order: Order, process: Process) -> None:
        self._graph = graph
        self._order = order
        self._sources = graph.sources
        self._modules = importable(graph.resolver, process.modules)
        self._visible = self._find_visible()
        self._nameless: dict[int, bool] = {}
        self._made_of: dict[int, list[tuple[int, int | None]]] = {}
        self._yielded: set[int] = set()

    # ------------------------------------------------------------ what has no name

    def _find_visible(self) -> set[int] | None:
        """Return the definitions whose names something can see; None if that may be any."""
        visible: set[int] = set()
        wholes: set[str] = set()
        for module in self._modules:
            if module.facts.marks & DYNAMIC:
                return None
            for path, use in module.facts.shown:
                target = self._graph.resolver.resolve(module, path)
                if target.wholes and use & (VALUE | CALLED):
                    wholes.update(target.wholes)
                if target.rest or use & STORE:
                    visible.update(target.definitions)
                elif use & VALUE:
                    visible.update(one for one in target.definitions if not self._is_frozen(one))
        for name in wholes:
            seen = self._sources.module(name)
            if isinstance(seen, Source):
                visible.update(range(seen.first, seen.first + len(seen.facts.definitions)))
        return visible

    def _is_frozen(self, number: int) -> bool:
        return bool(self._sources.definitions[number].marks & FROZEN)

    def is_nameless(self, number: int) -> bool:
        """Whether nothing can see the name of a definition."""
        found = self._nameless.get(number)
        if found is None:
            found = self._nameless[number] = self._may_be_nameless(number)
        return found

    def _may_be_nameless(self, number: int) -> bool:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        if self._visible is None or number in self._visible or definition.marks & IGNORED:
            return False
        if not definition.marks & (SIMPLE | FROZEN) or len(definition.binds) != 1:
            return False
        name = definition.binds[0]
        if len(home.facts.binds[name]) != 1 or name in home.late or home not in self._modules:
            return False
        return len(self._order.group(home, name)) == 1 and not self._graph.visibility.is_noted(number)

    # ------------------------------------------------------------ shapes

    def called(self, number: int) -> list[int]:
        """Return the nameless definitions that a definition refers to, in order of their appearance in it."""
        return [one for _, one in self.pieces(number) if one is not None]

    def pieces(self, number: int) -> list[tuple[int, int | None]]:
        """Return which references of a definition count in its shape by something else than what they mean.

        Pairs of its place among them and of a nameless definition; None where a module is only loaded.
        """
        found = self._made_of.get(number)
        if found is None:
            definition = self._sources.definitions[number]
            found = self._made_of[number] = []
            for place, ((_, use), target) in enumerate(zip(definition.refs, self._graph.targets(number), strict=True)):
                one = self._one(target, use) if target.definitions else None
                if one is not None or (target.wholes and not use & (VALUE | CALLED | STORE)):
                    found.append((place, one))
        return found

    def _one(self, target: Target, use: int) -> int | None:
        """Return the nameless definition that a target is, if it is one and nothing else."""
        if len(target.definitions) == 1 and not target.rest and not target.outside and not target.wholes:
            one = target.definitions[0]
            if use & (CALLED | VALUE | IMPORT) and "|" not in target.identity and self.is_nameless(one):
                return one
        return None

    def components(self, start: int) -> Iterator[list[int]]:
        """Yield a definition and all below it that were not yielded before: Tarjan's components, the lowest first.

        Those of one component lead to one another.
        """
        if start in self._yielded:
            return
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        open_: list[int] = []
        is_open: set[int] = set()
        stack: list[tuple[int, Iterator[int]]] = []

        def begin(number: int) -> None:
            index[number] = low[number] = len(index)
            open_.append(number)
            is_open.add(number)
            stack.append((number, iter(self.called(number))))

        begin(start)
        while stack:
            number, following = stack[-1]
            for one in following:
                if one in self._yielded:
                    continue
                if one not in index:
                    begin(one)
                    break
                if one in is_open:
                    low[number] = min(low[number], index[one])
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[number])
                if low[number] == index[number]:
                    at = open_.index(number)
                    component, open_[at:] = open_[at:], []
                    is_open.difference_update(component)
                    self._yielded.update(component)
                    yield component
