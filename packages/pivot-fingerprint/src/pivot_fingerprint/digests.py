"""From what was reached to the parts of a fingerprint: their keys, their places, and recipes for their digests.

The first half of a definition's digest is of its own text and of what the names in it mean. A definition of the project
is meant by its module and name, so that an edit of it changes one part, its own; anything outside the project is meant
by its dotted name. The second half is the shape, by which ``compare`` recognises what was only renamed or moved. The
digests themselves are taken in ``recipes``.
"""

import sys
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.order import Order
from pivot_fingerprint.parts import Part
from pivot_fingerprint.processes import Process
from pivot_fingerprint.recipes import NO_SHAPE, Answer, Book, Recipe, Row, digest, text_digest
from pivot_fingerprint.shapes import Shapes
from pivot_fingerprint.sketches import FULL, Sketches
from pivot_fingerprint.sources import Source
from pivot_fingerprint.surroundings import relative
from pivot_fingerprint.walk import Walk


class Assembler:
    """Writes recipes of what walks reached; what belongs to a definition alone is written once, in ``book``."""

    def __init__(self, graph: Graph, roots: tuple[str, ...], env: dict[str, str | None]) -> None:
        self.graph = graph
        self.book = Book([], [], [], [], [])
        self._sources = graph.sources
        self._order = Order(graph)
        self.sketches = Sketches(graph, self._order)
        self._roots = roots
        self._env = env
        self._modules: dict[str, int] = {}
        self._recipes: dict[tuple[int, str], int] = {}  # without shapes
        self._shaped: dict[int, dict[int, int]] = {}  # by process
        self._rows: dict[tuple[int, bool], dict[int, int]] = {}  # by process, and whether members are ordered
        self._others: dict[int, int] = {}  # complements of other parts, by node
        self._keys: dict[int, str] = {}  # of rows, and of others by their complements
        self._nodes: dict[int, int] = {}  # the same
        self._joined: dict[tuple[tuple[Any, ...], ...], int] = {}  # rows of several
        self._special: set[int] = set()  # definitions that are not plain
        self._shapes: dict[int, Shapes] = {}

    def answer(self, name: str, walk: Walk, process: Process) -> Answer:
        """Return what the fingerprint of what was reached is made of."""
        orders = self._order.of_contributions(walk.names, process)
        if walk.full or walk.texts:
            rows = [self._full_row(number, walk, process) for number in walk.definitions]
        else:
            known = self._rows.setdefault((id(process), walk.ordered), {})
            for number in walk.definitions:
                if number not in known:
                    known[number] = self._plain_row(number, walk, process)
            rows = [known[number] for number in walk.definitions]
        rows.extend(self._others[node] if node in self._others else self._other_row(node) for node in walk.others)
        packages = {one.distribution.name: one.distribution.version for one in walk.outside if one.distribution}
        return Answer(
            name,
            self._in_order(rows, orders),
            tuple(sorted({**packages, "python": _python()}.items())),
            list(self._opaque(walk)),
            [self._recipe(number) for number in walk.ignored],
        )

    def _in_order(self, rows: list[int], orders: dict[int, list[str]]) -> list[int]:
        """Return rows by their keys, one for all that share a key."""
        keys = self._keys
        by_key = {keys[row]: row for row in rows}
        if not orders and len(by_key) == len(rows):
            return [by_key[key] for key in sorted(by_key)]
        rows = sorted(rows, key=lambda row: (keys[row], self._nodes[row]))
        return [self._join([*group], orders) for _, group in groupby(rows, keys.__getitem__)]

    def _join(self, rows: list[int], orders: dict[int, list[str]]) -> int:
        joined = [(row, orders.get(self._nodes[row], [])) for row in rows]
        if len(rows) == 1 and not joined[0][1]:
            return rows[0]
        known = tuple([(row, *order) for row, order in joined])
        if known not in self._joined:
            self._joined[known] = len(self.book.rows)
            self.book.rows.append(Row(-1, [], None, joined))
        return self._joined[known]

    def parents(self, walk: Walk) -> dict[str, str]:
        """Return for each part the part that led to it; a method is led to by what led to its class."""
        keys = {number: self.key(number) for number in walk.definitions}
        keys.update((node, self._other(node).key) for node in walk.others)
        found: dict[str, str] = {}
        for node, key in keys.items():
            at = walk.led_by.get(node)
            while at is not None:
                above = keys.get(at)
                if above == key:
                    break
                if above is not None and not (at >= 0 and self._is_class_of(at, node) and at in walk.led_by):
                    found.setdefault(key, above)
                    break
                at = walk.led_by.get(at)
        return found

    def _is_class_of(self, number: int, method: int) -> bool:
        return method >= 0 and method in self._sources.homes[method].members.get(number, ())

    # ------------------------------------------------------------ definitions

    def place(self, number: int) -> Part:
        """Return the part of a definition with the digest of its own text only."""
        one = self.book.recipes[self._recipe(number)]
        home = self._sources.homes[number]
        return Part(one.kind, home.name, one.name, text_digest(one), home.file, one.line, one.end)

    def key(self, number: int) -> str:
        """Return the key of the part that a definition makes."""
        one = self.sketches.of(number)
        return f"{one.kind}:{self._sources.homes[number].name}:{one.name}"

    def _full_row(self, number: int, walk: Walk, process: Process) -> int:
        """Return a part in whose digest annotations count, or the very text of its file: nothing is nameless then."""
        file = self._sources.homes[number].file
        whole = [self._sources.digest(file) or ""] if walk.texts else []
        recipe = self._recipe(number, FULL if walk.full else "")
        members = self._order.of_members(number, methods=walk.ordered)
        return self._add_row(number, Row(recipe, [*self._order_of(number, process), *members], whole, []))

    def _plain_row(self, number: int, walk: Walk, process: Process) -> int:
        """Return a part whose digest is half that of its text, half that of its shape."""
        recipe = self._with_shape(number, process)
        members = self._order.of_members(number, methods=True) if walk.ordered else []
        return self._add_row(number, Row(recipe, [*self._order_of(number, process), *members], None, []))

    def _order_of(self, number: int, process: Process) -> list[str]:
        if self.sketches.of(number).plain:
            return []
        self._special.add(number)
        return self._order.of_imports(number, process)

    def _add_row(self, number: int, row: Row) -> int:
        at = len(self.book.rows)
        self.book.rows.append(row)
        self._keys[at], self._nodes[at] = self.key(number), number
        return at

    def _with_shape(self, number: int, process: Process) -> int:
        """Return the recipe of a definition in a process, with those of all that count in its shape."""
        known = self._shaped.setdefault(id(process), {})
        if number in known:
            return known[number]
        shapes = self._shapes.get(id(process))
        if shapes is None:
            shapes = self._shapes[id(process)] = Shapes(self.graph, self.sketches, process)
        for component in shapes.components(number, known):
            first = len(self.book.recipes)
            known.update(zip(component, range(first, first + len(component)), strict=True))
            for one in component:
                instead = [
                    (place, NO_SHAPE if nameless is None else known[nameless], rest)
                    for place, nameless, rest in shapes.pieces(one)
                ]
                self.book.recipes.append(self._write(one, "", instead, nameless=shapes.is_nameless(one)))
            self.book.components.append([known[one] for one in component])
        return known[number]

    def _recipe(self, number: int, field: str = "") -> int:
        """Return the recipe of a definition without its shape."""
        found = self._recipes.get((number, field))
        if found is None:
            self.book.recipes.append(self._write(number, field, []))
            found = self._recipes[number, field] = len(self.book.recipes) - 1
        return found

    def _write(self, number: int, field: str, shapes: list[tuple[int, int, str]], *, nameless: bool = False) -> Recipe:
        home = self._sources.homes[number]
        one = self.sketches.make(number, field) if field else self.sketches.of(number)
        return Recipe(
            self._module(home),
            number - home.first,
            one.kind,
            one.name,
            "nameless" if nameless else one.title,
            one.field,
            one.names,
            shapes,
            one.text,
            one.line,
            one.end,
        )

    def _module(self, home: Source) -> int:
        found = self._modules.get(home.name)
        if found is None:
            found = self._modules[home.name] = len(self.book.modules)
            self.book.modules.append((home.name, home.file))
        return found

    # ------------------------------------------------------------ everything else

    def _other_row(self, node: int) -> int:
        part, at = self._other(node), ~len(self.book.others)
        self.book.others.append(part)
        self._keys[at], self._nodes[at], self._others[node] = part.key, node, at
        return at

    def _other(self, node: int) -> Part:
        label = self.graph.label(node)
        match label:
            case ("whole", name):
                module = self._sources.module(name)
                names = sorted(module.facts.binds) if isinstance(module, Source) else []
                file = module.file if isinstance(module, Source) else None
                return Part("module", name, "", digest(["whole", *names]), file, 1 if file else 0)
            case ("binary", name):
                found = self._sources.module(name)
                file = getattr(found, "file", None)
                return Part("module", name, "", (self._sources.digest(file) if file else None) or "missing", file)
            case ("read", "env", name):
                return Part("env", "", name, self._env.get(name) or "missing")
            case ("read", "listing", path):
                return Part("file", "", self._relative(path) + "/", listing_digest(path), path)
            case ("script", path) | ("read", _, path):
                return Part("file", "", self._relative(path), self._sources.digest(path) or "missing", path)
        raise AssertionError(label)

    def _relative(self, path: str) -> str:
        return relative(path, min(self._roots, key=len)) if self._roots else path

    def _opaque(self, walk: Walk) -> Iterable[tuple[str, str, int, str, int, int]]:
        for number in sorted(self._special.intersection(walk.definitions)):
            definition = self._sources.definitions[number]
            home = self._sources.homes[number]
            for at, (what, line, *path) in enumerate(definition.opaque):
                shown = what
                if path and path[0].startswith("&"):
                    if not self.graph.resolver.resolve(home, path[0]).identity.startswith("computed "):
                        continue
                elif path:
                    target = self.graph.resolver.resolve(home, path[0])
                    if not target.wholes and not (target.external and target.external in _modules(target.outside)):
                        continue
                    shown = f"{what} {target.wholes[0] if target.wholes else target.external}"
                yield shown, home.file, line, self.key(number), self._recipe(number), at


def _modules(outside: Iterable[object]) -> set[str]:
    return {getattr(one, "name", "") for one in outside}


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
