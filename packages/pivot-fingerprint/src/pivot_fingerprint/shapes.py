"""The shape of a definition: a digest in which the plain functions that it calls count by what they do, not by name.

Two definitions of one shape do the same, whatever the functions that they call are named and wherever those are. That
holds only for functions whose names nothing can see. Such a function, here called *nameless*,

- is an undecorated ``def`` at top level, with constant defaults, without functions, classes or ``global`` inside;
- is bound once, and nothing in any module that may be imported changes or reads it in another way than by calling it;
- is in no module that is used as a value, and no code looks at frames or finds names by text.

A constant is nameless under the same conditions if it is made of literals, or computed from such constants by what is
known to give a value that cannot be changed; it may be read in any way. One that is a container made by its statement
is nameless if no other constant is made alike: two that are equal could be taken for one another, and one may be
changed. A class never is: pickles and messages name it.

The idea is that of bisimulation. A digest is made of the digests of what is called, down to what calls nothing; so two
equal digests stand for the same tree of calls. Functions that call one another in a circle have no such bottom: they
all begin with one colour, and get finer ones from the colours of what they call, until nothing changes. This module
finds what a shape is made of; the digests are taken in ``recipes``.
"""

from collections import Counter
from collections.abc import Container, Iterator

from pivot_fingerprint.components import components
from pivot_fingerprint.definitions import BUILT
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.loading import importable
from pivot_fingerprint.processes import Process
from pivot_fingerprint.recipes import digest
from pivot_fingerprint.sketches import Sketches
from pivot_fingerprint.sources import Source


class Shapes:
    """The shapes of definitions in a process."""

    def __init__(self, graph: Graph, sketches: Sketches, process: Process) -> None:
        self._sources = graph.sources
        self._sketches = sketches
        self._modules = {module.name: module for module in importable(graph.resolver, process.modules)}
        self._shown = [sketches.shown(module) for module in self._modules.values()]
        self._visible = self._find_visible()
        self._built = Counter(text for one in self._shown for text in one.built)
        self._nameless: dict[int, bool] = {}
        self._pieces: dict[int, list[tuple[int, int | None, str]]] = {}

    # ------------------------------------------------------------ what has no name

    def _find_visible(self) -> set[int] | None:
        """Return the definitions whose names something can see; None if that may be any."""
        shown = self._shown
        if any(one.every for one in shown):
            return None
        visible = {number for one in shown for number in one.definitions}
        for name in {name for one in shown for name in one.wholes}:
            seen = self._sources.module(name)
            if isinstance(seen, Source):
                visible.update(range(seen.first, seen.stop))
        return visible | self._find_in_tables(visible)

    def _find_in_tables(self, visible: set[int]) -> set[int]:
        """Return the definitions whose names can be seen because a table shows them, by itself or through another."""
        held: dict[int, list[int]] = {}
        for table, one in (pair for shown in self._shown for pair in shown.shelved):
            held.setdefault(table, []).append(one)
        stack = [table for table in held if table in visible or any(table in one.opened for one in self._shown)]
        found: set[int] = set()
        while stack:
            more = [one for one in held.get(stack.pop(), ()) if one not in found]
            found.update(more)
            stack.extend(more)
        return found

    def is_nameless(self, number: int) -> bool:
        """Whether nothing can see the name of a definition."""
        found = self._nameless.get(number)
        if found is None:
            self._nameless[number] = False  # for what names itself
            found = self._nameless[number] = self._may_be_nameless(number)
        return found

    def _may_be_nameless(self, number: int) -> bool:
        if self._visible is None or number in self._visible or self._sources.homes[number].name not in self._modules:
            return False
        sketch = self._sketches.of(number)
        if self._sources.marks[number] & BUILT and self._built[digest([sketch.text])] > 1:
            return False
        return sketch.nameless and all(map(self.is_nameless, sketch.made_of))

    # ------------------------------------------------------------ shapes

    def pieces(self, number: int) -> list[tuple[int, int | None, str]]:
        """Return which references of a definition count in its shape by something else than what they mean.

        Each is its place among them, a nameless definition, and attributes of that; None where a module is only loaded.
        """
        found = self._pieces.get(number)
        if found is None:
            pieces = self._sketches.of(number).pieces
            found = [piece for piece in pieces if piece[1] is None or self.is_nameless(piece[1])]
            self._pieces[number] = found
        return found

    def components(self, start: int, known: Container[int]) -> Iterator[list[int]]:
        """Return a definition and all below it that are not known: components, the lowest first.

        Who iterates makes each component known before asking for the next.
        """
        return components(start, self._called, known)

    def _called(self, number: int) -> list[int]:
        return [one for _, one, _ in self.pieces(number) if one is not None]
