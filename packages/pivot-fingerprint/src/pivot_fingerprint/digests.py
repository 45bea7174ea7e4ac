"""From what was reached to parts: the digest of each definition, joined by key, with places and the way to each.

The first half of a definition's digest is that of its own text and of what its names mean: definitions by module and name, so
that an edit of one changes one part; everything outside the project by its dotted name. The second half is its shape, with which
``compare`` recognises what was only renamed or moved.
"""

import os
from collections.abc import Iterable

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.order import Order
from pivot_fingerprint.parts import Fingerprint, Opaque, Part
from pivot_fingerprint.processes import Process
from pivot_fingerprint.shapes import Shapes, digest
from pivot_fingerprint.sources import Source
from pivot_fingerprint.walk import Walk


HALF = 32


class Assembler:
    """Makes fingerprints of walks; what belongs to a definition alone is made once."""

    def __init__(self, graph: Graph, roots: tuple[str, ...], env: dict[str, str | None]) -> None:
        self.graph = graph
        self._sources = graph.sources
        self._order = Order(graph)
        self._roots = roots
        self._env = env
        self._texts: dict[tuple[int, bool], str] = {}
        self._parts: dict[int, dict[int, tuple[str, Part]]] = {}  # by process
        self._shapes: dict[int, Shapes] = {}
        self._everywhere: dict[str, frozenset[int]] = {}

    def fingerprint(self, walk: Walk, process: Process) -> Fingerprint:
        """Return the fingerprint of what was reached."""
        keyed = {number: self._part(number, walk, process) for number in walk.definitions}
        keyed.update((node, self._keyed(self._other(node))) for node in walk.others)
        for number, more in self._order.of_contributions(walk.names, process).items():
            if number in keyed:
                key, part = keyed[number]
                keyed[number] = key, part._replace(digest=_combined([part.digest], more))
        by_key: dict[str, list[int]] = {}
        for node, (key, _) in keyed.items():
            by_key.setdefault(key, []).append(node)
        parts = []
        for key in sorted(by_key):
            nodes = by_key[key]
            parts.append(keyed[nodes[0]][1] if len(nodes) == 1 else _merged([keyed[node][1] for node in sorted(nodes)]))
        packages = {one.distribution.name: one.distribution.version for one in walk.outside if one.distribution}
        keys = {node: key for node, (key, _) in keyed.items()}
        return Fingerprint(
            tuple(parts),
            tuple(sorted({**packages, "python": _python()}.items())),
            tuple(sorted(set(self._opaque(walk, keys)))),
            self._parents(walk, keys),
            tuple(sorted({self.place(number) for number in walk.ignored}, key=lambda part: part.key)),
        )

    # ------------------------------------------------------------ definitions

    def place(self, number: int) -> Part:
        """Return the part of a definition with the digest of its own text only."""
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        kind, name = definition.kind, definition.name
        if number in self._effects_of(home):
            kind, name = "module", ""
        return Part(kind, home.name, name, self._text(number, full=False), home.file, definition.line, definition.end)

    def _part(self, number: int, walk: Walk, process: Process) -> tuple[str, Part]:
        """Return the part of a definition: half of its digest is that of its text, half that of its shape."""
        if walk.full or walk.texts:
            texts = [self._text(number, full=walk.full)]
            if walk.texts:
                texts.append(self._sources.digest(self._sources.homes[number].file) or "")
            part = self.place(number)
            return part.key, part._replace(digest=digest(texts))
        known = self._parts.setdefault(id(process), {})
        found = known.get(number)
        if found is None:
            shapes = self._shapes.get(id(process))
            if shapes is None:
                shapes = self._shapes[id(process)] = Shapes(self.graph, self._order, process)
            part = self.place(number)
            found = known[number] = self._keyed(
                part._replace(digest=part.digest[:HALF] + shapes.shape(number)[:HALF])
            )
        return found

    def _keyed(self, part: Part) -> tuple[str, Part]:
        return part.key, part

    def _text(self, number: int, *, full: bool) -> str:
        """Return the digest of a definition's own text with the names of what it refers to."""
        full = full or self.graph.visibility.is_noted(number)
        found = self._texts.get((number, full))
        if found is None:
            definition, home = self._sources.definitions[number], self._sources.homes[number]
            texts = [definition.full if full and definition.full else definition.text]
            texts.extend([target.identity for target in self.graph.targets(number)])
            if full:
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

    def _opaque(self, walk: Walk, keys: dict[int, str]) -> Iterable[Opaque]:
        for number in walk.definitions:
            definition = self._sources.definitions[number]
            if not definition.opaque:
                continue
            home = self._sources.homes[number]
            for what, line, *path in definition.opaque:
                if path:
                    target = self.graph.resolver.resolve(home, path[0])
                    if not target.wholes and not (target.external and target.external in _modules(target.outside)):
                        continue
                    what = f"{what} {target.wholes[0] if target.wholes else target.external}"
                yield Opaque(what, home.file, line, keys[number])

    def _parents(self, walk: Walk, keys: dict[int, str]) -> dict[str, str]:
        """Return for each part the part that led to it; a method is led to by what led to its class."""
        found: dict[str, str] = {}
        led_by = walk.led_by
        for node, key in keys.items():
            at = led_by.get(node)
            while at is not None:
                above = keys.get(at)
                if above == key:
                    break
                if above is not None and not (at >= 0 and self._is_class_of(at, node) and at in led_by):
                    found.setdefault(key, above)
                    break
                at = led_by.get(at)
        return found

    def _is_class_of(self, number: int, method: int) -> bool:
        if method < 0:
            return False
        definition, home = self._sources.definitions[method], self._sources.homes[method]
        return definition.owner >= 0 and home.first + definition.owner == number


def _merged(parts: list[Part]) -> Part:
    """Return one part for several definitions that share a key, in the order of the source."""
    return parts[0]._replace(digest=_combined([part.digest for part in parts], []))


def _combined(digests: list[str], more: list[str]) -> str:
    """Return one digest for several, each half by itself."""
    return "".join(digest([*(one[half] for one in digests), *more])[:HALF] for half in (slice(HALF), slice(HALF, None)))


def _modules(outside: Iterable[object]) -> set[str]:
    return {getattr(one, "name", "") for one in outside}


def _python() -> str:
    import sys

    return f"{sys.version_info.major}.{sys.version_info.minor}"
