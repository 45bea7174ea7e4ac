"""From what was reached to parts: the digest of each definition, joined by key, with places and the way to each.

A definition's digest covers its own text and what its names mean, as identities: of definitions by module and name, so that an
edit of one changes one part; of everything outside the project by its dotted name.
"""

import os
from collections.abc import Iterable

import blake3

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.closure import Graph, Process, Walk
from pivot_fingerprint.definitions import NOW
from pivot_fingerprint.parts import Fingerprint, Opaque, Part
from pivot_fingerprint.sources import Source


class Assembler:
    """Makes fingerprints of walks; what belongs to a definition alone is made once."""

    def __init__(self, graph: Graph, roots: tuple[str, ...], env: dict[str, str | None]) -> None:
        self.graph = graph
        self._sources = graph.sources
        self._roots = roots
        self._env = env
        self._plain: dict[int, Part] = {}
        self._full: dict[int, Part] = {}
        self._groups: dict[tuple[str, str], list[int]] = {}
        self._everywhere: dict[str, frozenset[int]] = {}

    def fingerprint(self, walk: Walk, process: Process) -> Fingerprint:
        """Return the fingerprint of what was reached."""
        salts = self._salts(walk, process)
        by_key: dict[str, list[tuple[Part, int]]] = {}
        keys: dict[int, str] = {}
        for number in walk.definitions:
            part = self.part(number, full=walk.full)
            more = salts.get(number, [])
            if walk.texts:
                more = [*more, self._sources.digest(self._sources.homes[number].file) or ""]
            if more:
                part = part._replace(digest=_digest([part.digest, *more]))
            key = keys[number] = part.key
            by_key.setdefault(key, []).append((part, number))
        for node in walk.others:
            part = self._other(node)
            keys[node] = part.key
            by_key.setdefault(part.key, []).append((part, node))
        parts = tuple(_merged(by_key[key]) for key in sorted(by_key))
        packages = {one.distribution.name: one.distribution.version for one in walk.outside if one.distribution}
        return Fingerprint(
            parts,
            tuple(sorted({**packages, "python": _python()}.items())),
            tuple(sorted(set(self._opaque(walk, keys)))),
            self._parents(walk, keys),
            tuple(sorted({self.part(number, full=walk.full) for number in walk.ignored}, key=lambda part: part.key)),
        )

    # ------------------------------------------------------------ definitions

    def part(self, number: int, *, full: bool = False) -> Part:
        """Return the part of a definition."""
        full = full or self.graph.noted(number)
        known = self._full if full else self._plain
        found = known.get(number)
        if found is None:
            found = known[number] = self._make(number, full)
        return found

    def _make(self, number: int, full: bool) -> Part:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        resolve = self.graph.resolver.resolve
        texts = [definition.full if full and definition.full else definition.text]
        texts.extend(resolve(home, path).identity for path, _ in definition.refs)
        if full:
            texts.extend(resolve(home, path).identity for path, _ in definition.notes)
        order = self._order(number)
        if order:
            texts.append("order")
            texts.extend(order)
        kind, name = definition.kind, definition.name
        if number in self._effects_of(home):
            kind, name = "module", ""
        return Part(kind, home.name, name, _digest(texts), home.file, definition.line, definition.end)

    def _effects_of(self, home: Source) -> frozenset[int]:
        found = self._everywhere.get(home.name)
        if found is None:
            found = self._everywhere[home.name] = frozenset(
                number for number, _ in self.graph.examiner.contributions(home).everywhere
            )
        return found

    def _order(self, number: int) -> list[str]:
        """Return the place of a definition among those that bind or change the same names, where there are several."""
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        found = []
        for name in definition.binds:
            group = self._group(home, name)
            if len(group) > 1 and group[0] != number:
                found.append(f"{name} {group.index(number)}")
        for path, use in definition.refs:
            if use & NOW:
                for module, name in self.graph.resolver.resolve(home, path).names:
                    if module == home.name and name not in definition.binds:
                        before = sum(one < number for one in self._group(home, name))
                        if before > 1:
                            found.append(f"{path} after {before}")
        return found

    def _group(self, home: Source, name: str) -> list[int]:
        """Return the definitions of a module that bind a name of it or contribute to it, in order."""
        found = self._groups.get((home.name, name))
        if found is None:
            contributors = (
                number for key, number in self.graph.examiner.contributions(home).names if key == (home.name, name)
            )
            group = sorted({*self.graph.resolver.binders(home, name), *contributors})
            found = self._groups[home.name, name] = group
        return found

    def _salts(self, walk: Walk, process: Process) -> dict[int, list[str]]:
        """Return the order of contributions to names that are read, where there are several."""
        salts: dict[int, list[str]] = {}
        for node in walk.names:
            contributors = process.contributions.get(node, ())
            homes = sorted({self._sources.homes[number].name for number in contributors}, key=process.modules.__getitem__)
            counts: dict[str, int] = {}
            for number in sorted(set(contributors)):
                home = self._sources.homes[number].name
                at = counts[home] = counts.get(home, -1) + 1
                if at or home != homes[0]:
                    salts.setdefault(number, []).append(f"{self.graph.label(node)} {homes.index(home)} {at}")
        return salts

    # ------------------------------------------------------------ everything else

    def _other(self, node: int) -> Part:
        label = self.graph.label(node)
        match label:
            case ("whole", name):
                module = self._sources.module(name)
                names = sorted(module.facts.binds) if isinstance(module, Source) else []
                file = module.file if isinstance(module, Source) else None
                return Part("module", name, "", _digest(["whole", *names]), file, 1 if file else 0)
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
            definition, home = self._sources.definitions[number], self._sources.homes[number]
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


def _merged(found: list[tuple[Part, int]]) -> Part:
    """Return one part for all definitions that share a key, in the order of the source."""
    if len(found) == 1:
        return found[0][0]
    parts = [part for part, _ in sorted(found, key=lambda one: one[1])]
    return parts[0]._replace(digest=_digest([part.digest for part in parts]))


def _modules(outside: Iterable[object]) -> set[str]:
    return {getattr(one, "name", "") for one in outside}


def _digest(texts: Iterable[str]) -> str:
    return blake3.blake3("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _python() -> str:
    import sys

    return f"{sys.version_info.major}.{sys.version_info.minor}"
