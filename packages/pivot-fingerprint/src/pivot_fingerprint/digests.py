"""From what was reached to parts: the digest of each definition, joined by key, with places and the way to each.

The first half of a definition's digest is that of its own text and of what its names mean: definitions by module and
name, so that an edit of one changes one part; everything outside the project by its dotted name. The second half is
its shape, with which ``compare`` recognises what was only renamed or moved.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.order import Order
from pivot_fingerprint.parts import Fingerprint, Opaque, Part
from pivot_fingerprint.processes import Process
from pivot_fingerprint.shapes import Shapes, digest
from pivot_fingerprint.sources import Source
from pivot_fingerprint.walk import Walk

HALF = 32
type _Row = tuple[str, int, Part]


class Assembler:
    """Makes fingerprints of walks; what belongs to a definition alone is made once."""

    def __init__(self, graph: Graph, roots: tuple[str, ...], env: dict[str, str | None]) -> None:
        self.graph = graph
        self._sources = graph.sources
        self._order = Order(graph)
        self._roots = roots
        self._env = env
        self._texts: dict[tuple[int, bool], str] = {}
        self._rows: dict[int, dict[int, _Row]] = {}  # by process
        self._shapes: dict[int, Shapes] = {}
        self._everywhere: dict[str, frozenset[int]] = {}

    def fingerprint(self, walk: Walk, process: Process, parents: Mapping[str, str]) -> Fingerprint:
        """Return the fingerprint of what was reached."""
        orders = self._order.of_contributions(walk.names, process)
        if walk.full or walk.texts:
            rows = [self._full_row(number, walk, process) for number in walk.definitions]
        else:
            known = self._rows.setdefault(id(process), {})
            rows = [known.get(number) or self._plain_row(number, process, known) for number in walk.definitions]
        if orders:
            rows = [_ordered(row, orders.get(row[1])) for row in rows]
        rows.extend(self._others(node) for node in walk.others)
        rows.sort()  # never by the parts themselves: a key and a number are there once
        if len({key for key, _, _ in rows}) == len(rows):
            parts = tuple([part for _, _, part in rows])
        else:
            parts = tuple(_merged([part for _, _, part in group]) for _, group in groupby(rows, itemgetter(0)))
        packages = {one.distribution.name: one.distribution.version for one in walk.outside if one.distribution}
        return Fingerprint(
            parts,
            tuple(sorted({**packages, "python": _python()}.items())),
            tuple(sorted(set(self._opaque(walk)))),
            parents,
            tuple(sorted({self.place(number) for number in walk.ignored}, key=lambda part: part.key)),
        )

    def parents(self, walk: Walk) -> dict[str, str]:
        """Return for each part the part that led to it; a method is led to by what led to its class."""
        keys = {number: self.place(number).key for number in walk.definitions}
        keys.update((node, self._others(node)[0]) for node in walk.others)
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
        return self._with_digest(number, self._text(number, full=False))

    def _with_digest(self, number: int, digest: str) -> Part:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        kind, name = definition.kind, definition.name
        if number in self._effects_of(home):
            kind, name = "module", ""
        return Part(kind, home.name, name, digest, home.file, definition.line, definition.end)

    def _full_row(self, number: int, walk: Walk, process: Process) -> _Row:
        """Return a part in whose digest annotations count, or the very text of its file: nothing is nameless then."""
        texts = [self._text(number, full=walk.full)]
        if walk.texts:
            texts.append(self._sources.digest(self._sources.homes[number].file) or "")
        texts.extend(self._order.of_imports(number, process))
        part = self._with_digest(number, digest(texts))
        return part.key, number, part

    def _plain_row(self, number: int, process: Process, known: dict[int, _Row]) -> _Row:
        """Return a part whose digest is half that of its text, half that of its shape."""
        shapes = self._shapes.get(id(process))
        if shapes is None:
            shapes = self._shapes[id(process)] = Shapes(self.graph, self._order, process)
        found = self._text(number, full=False)[:HALF] + shapes.shape(number)[:HALF]
        order = self._order.of_imports(number, process)
        part = self._with_digest(number, _combined([found], order) if order else found)
        row = known[number] = part.key, number, part
        return row

    def _text(self, number: int, *, full: bool) -> str:
        """Return the digest of a definition's own text with the names of what it refers to."""
        noted = full or self.graph.visibility.is_noted(number)
        found = self._texts.get((number, full))
        if found is None:
            definition, home = self._sources.definitions[number], self._sources.homes[number]
            text = definition.annotated if noted else ""
            texts = [(definition.full if full else text) or definition.text]
            texts.extend([target.identity for target in self.graph.targets(number)])
            if noted:
                resolve = self.graph.resolver.resolve
                texts.extend(resolve(home, path).identity for path, _ in definition.notes)
            texts.extend(self._order.of(number))
            found = self._texts[number, full] = digest(texts)
        return found

    def _effects_of(self, home: Source) -> frozenset[int]:
        found = self._everywhere.get(home.name)
        if found is None:
            everywhere = self.graph.examiner.contributions(home).everywhere
            found = self._everywhere[home.name] = frozenset(number for number, _ in everywhere)
        return found

    # ------------------------------------------------------------ everything else

    def _others(self, node: int) -> _Row:
        part = self._other(node)
        return part.key, node, part

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
        for root in sorted(self._roots, key=len):
            if path.startswith(root.rstrip(os.sep) + os.sep):
                return os.path.relpath(path, root)
        return path

    def _opaque(self, walk: Walk) -> Iterable[Opaque]:
        for number in walk.definitions:
            definition = self._sources.definitions[number]
            if not definition.opaque:
                continue
            home = self._sources.homes[number]
            for what, line, *path in definition.opaque:
                shown = what
                if path and path[0].startswith("&"):
                    if not self.graph.resolver.resolve(home, path[0]).identity.startswith("computed "):
                        continue
                elif path:
                    target = self.graph.resolver.resolve(home, path[0])
                    if not target.wholes and not (target.external and target.external in _modules(target.outside)):
                        continue
                    shown = f"{what} {target.wholes[0] if target.wholes else target.external}"
                yield Opaque(shown, home.file, line, self.place(number).key)


def _ordered(row: _Row, order: list[str] | None) -> _Row:
    """Return a part whose place among others counts."""
    if order is None:
        return row
    key, number, part = row
    return key, number, part._replace(digest=_combined([part.digest], order))


def _merged(parts: list[Part]) -> Part:
    """Return one part for all definitions that share a key, in the order of the source."""
    return parts[0] if len(parts) == 1 else parts[0]._replace(digest=_combined([part.digest for part in parts], []))


def _combined(digests: list[str], more: list[str]) -> str:
    """Return one digest for several, each half by itself."""
    return "".join(digest([*(one[half] for one in digests), *more])[:HALF] for half in (slice(HALF), slice(HALF, None)))


def _modules(outside: Iterable[object]) -> set[str]:
    return {getattr(one, "name", "") for one in outside}


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
