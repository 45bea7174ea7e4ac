"""The shape of a definition: a digest in which the plain functions that it calls count by what they do, not by name.

Two definitions of one shape do the same, whatever the functions below them are called and wherever they are. That is
so only for functions whose names nothing can see. Such a function, here called *nameless*,

- is an undecorated ``def`` at top level, with constant defaults, without functions, classes or ``global`` inside;
- is bound once, and nothing in any module that may be imported changes or reads it in another way than by calling it;
- is in no module that is used as a value, and no code looks at frames or finds names by text.

A constant is nameless under the same conditions if it is made of literals that cannot be changed; it may be read in
any way. Classes are never: pickles and messages name them. The idea is that of bisimulation: two graphs with equal
digests at their roots, each made of the digests below it, unfold to the same tree; cycles are told apart by refining
colours until nothing changes.
"""

from collections.abc import Iterable, Iterator

import blake3

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
        self._known: dict[int, str] = {}
        self._made_of: dict[int, list[str | int]] = {}
        self._calls: dict[int, list[int]] = {}

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

    def shape(self, number: int) -> str:
        """Return the shape of a definition as 64 hex digits."""
        if number not in self._known:
            self._compute(number)
        return self._known[number]

    def called(self, number: int) -> list[int]:
        """Return the nameless definitions that a definition refers to, in order of their appearance in it."""
        self._pieces(number)
        return self._calls[number]

    def _pieces(self, number: int) -> list[str | int]:
        """Return what a digest is made of besides texts: identities, and nameless definitions by their numbers."""
        found = self._made_of.get(number)
        if found is None:
            definition = self._sources.definitions[number]
            found = self._made_of[number] = []
            calls = self._calls[number] = []
            for (_, use), target in zip(definition.refs, self._graph.targets(number), strict=True):
                one = self._one(target, use) if target.definitions else None
                if one is not None:
                    found.append(one)
                    calls.append(one)
                elif use & (VALUE | CALLED | STORE) or not target.wholes:
                    found.append(target.identity)
                else:
                    found.append("a module")
        return found

    def _one(self, target: Target, use: int) -> int | None:
        """Return the nameless definition that a target is, if it is one and nothing else."""
        if len(target.definitions) == 1 and not target.rest and not target.outside and not target.wholes:
            one = target.definitions[0]
            if use & (CALLED | VALUE | IMPORT) and "|" not in target.identity and self.is_nameless(one):
                return one
        return None

    def _compute(self, start: int) -> None:
        """Find the shapes of a definition and of all below it: Tarjan's components, each when it is complete."""
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
                if one in self._known:
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
                    self._settle(component)

    def _settle(self, component: list[int]) -> None:
        """Find the shapes of definitions that lead to one another, everything below them being known."""
        inside = set(component)
        colours = {number: self._digest(number, dict.fromkeys(inside, "itself")) for number in component}
        if len(component) > 1 or component[0] in self.called(component[0]):
            count = 0
            while count != len(set(colours.values())):
                count = len(set(colours.values()))
                colours = {number: self._digest(number, colours) for number in component}
        self._known.update(colours)

    def _digest(self, number: int, colours: dict[int, str]) -> str:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        noted = self._graph.visibility.is_noted(number)
        texts = [
            "nameless" if self.is_nameless(number) else f"{definition.kind}:{home.name}:{definition.name}",
            (definition.annotated if noted else "") or definition.text,
        ]
        for piece in self._pieces(number):
            texts.append(piece if isinstance(piece, str) else "shape " + (colours.get(piece) or self._known[piece]))
        if noted:
            texts.extend(self._graph.resolver.resolve(home, path).identity for path, _ in definition.notes)
        texts.extend(self._order.of(number))
        return digest(texts)


def digest(texts: Iterable[str]) -> str:
    """Return the digest of texts as 64 hex digits."""
    return blake3.blake3("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
