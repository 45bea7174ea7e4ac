"""What was followed in the modules of a project, so that after an edit only what it concerns is followed anew.

All that is kept of a module rests on its own text, on what other modules say about the names that it looked up in them,
and on all of the modules whose definitions it looked into. If any of this is something else now, nothing of it is used.
Where definitions lead rests on the names to which anything contributes, too: ``project`` compares these. Everything
beside modules, such as where names of modules lead, is held against the disk before any of this is asked.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from pivot_fingerprint.definitions import Facts
from pivot_fingerprint.effects import Contributions, Examiner
from pivot_fingerprint.graph import Contributed, Edges, Graph
from pivot_fingerprint.installed import Distribution
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.parts import Entry
from pivot_fingerprint.sketches import Shown, Sketch, Sketches
from pivot_fingerprint.sources import Header, Outside, Source, Sources, kept_facts, read_module

_FEW = 0.1  # of the modules may be followed anew each time before links are kept anew


class Links(NamedTuple):
    """Plain data, in which definitions have numbers without gaps, and other nodes those of their labels.

    ``digests`` are those of the files of modules, in the order of ``headers``; the rest is what ``sources``, ``graph``,
    ``effects`` and ``sketches`` keep, with numbers or names of modules in front.
    """

    headers: list[Header]
    digests: list[str]
    labels: list[list[str]]
    outside: list[Any]
    contributed: list[Any]
    edges: list[Any]
    starts: list[Any]
    sketches: list[Any]
    shown: list[Any]
    inside: list[Any]
    contributions: list[Any]


class _Numbers(dict[int, int]):
    """The numbers of nodes as they are kept; a label has one when it is first met."""

    def __init__(self, graph: Graph, modules: Iterable[Source]) -> None:
        self.labels: list[tuple[str, ...]] = []
        self._graph = graph
        for module in modules:
            self.update(zip(range(module.first, module.stop), count(len(self)), strict=False))

    def __missing__(self, node: int) -> int:
        self.labels.append(self._graph.label(node))
        self[node] = -len(self.labels)
        return self[node]

    def all(self, nodes: Iterable[int]) -> list[int]:
        return [self[node] for node in nodes]


def keep(graph: Graph, sketches: Sketches) -> Links:
    """Return what was followed."""
    sources = graph.sources
    modules = {one.name: one for one in sources.modules.values() if isinstance(one, Source)}
    numbers = _Numbers(graph, modules.values())
    homes = sources.homes
    outside: dict[Outside, int] = {}
    edges = [
        [numbers[number], numbers.all(nodes), [outside.setdefault(one, len(outside)) for one in leaving]]
        for number, (nodes, leaving) in graph.known.items()
        # what was read on which line is part of these
        if (not homes[number].lined if number >= 0 else graph.label(number)[0] == "name")
    ]
    starts = [
        [entry, numbers.all(nodes)]
        for entry, nodes in graph.starts.items()
        if entry.module in modules and not modules[entry.module].lined
    ]
    given = graph.contributed or Contributed(frozenset(), frozenset())
    return Links(
        [one.header for one in modules.values()],
        [sources.files[one.file] or "" for one in modules.values()],
        [list(one) for one in numbers.labels],
        list(outside),
        [sorted(given.names), sorted(given.modules)],
        edges,
        starts,
        [_row(numbers[number], one, numbers) for number, one in sketches.known.items()],
        [
            [
                *(name, one.every, numbers.all(one.definitions), one.wholes, one.built, numbers.all(one.opened)),
                [numbers.all(pair) for pair in one.shelved],
            ]
            for name, one in sketches.known_shown.items()
        ],
        list(sources.inside.items()),
        [
            [
                name,
                *([[of, numbers[number]] for of, number in pairs] for pairs in does[:3]),
                [[numbers[number], sorted(changed)] for number, changed in does.everywhere],
            ]
            for name, does in graph.examiner.known.items()
        ],
    )


def _row(number: int, one: Sketch, numbers: _Numbers) -> list[Any]:
    pieces = [(place, None if piece is None else numbers[piece], rest) for place, piece, rest in one.pieces]
    return [number, *one._replace(pieces=pieces, made_of=numbers.all(one.made_of))]


class Reopened:
    """Links, of which only what holds still is used."""

    def __init__(self, links: Links, sources: Sources, edited: Container[str]) -> None:
        """Put the modules of links into new sources, but for those of edited files."""
        self._links = links
        self._sources = sources
        self._moved: dict[int, int | None] = {}  # definitions of edited modules; None if nothing is them any more
        headers = [Header(*one) for one in links.headers]
        before: list[tuple[Source, str]] = []
        for header, digest in zip(headers, links.digests, strict=True):
            numbered = header._replace(first=len(sources.marks))
            module = sources.add(numbered, _reader(sources, header.file, digest))
            if header.file in edited:
                before.append((module, digest))
            else:
                sources.modules[header.name] = module
        changed = {module.name: self._change(module, digest) for module, digest in before}
        self._stale = _concerned(headers, changed)
        self.serves = False  # whether there is no need to keep links anew

    def _change(self, before: Source, digest: str) -> set[str] | None:
        """Return the names about which an edited module says something else; None if that may be all."""
        self._moved.update(dict.fromkeys(range(before.first, before.stop)))
        old, now = kept_facts(self._sources.memo, digest), self._sources.module(before.name)
        if old is None or not isinstance(now, Source):
            return None
        new = now.facts
        names = {*old.binds, *old.late, *new.binds, *new.late}
        changed = {name for name in names if _said(old, name) != _said(new, name)}
        if changed & {"*", "__getattr__"} or (old.stars, old.exports) != (new.stars, new.exports):
            return None
        for name in names - changed:
            for was, one in zip(_binders(old, name), _binders(new, name), strict=True):
                self._moved[before.first + was] = now.first + one
        return changed

    def give_modules(self, examiner: Examiner) -> None:
        """Give what rests on modules alone to those who find it."""
        for name, *does, everywhere in self._links.contributions:
            if name not in self._stale:
                names, rebound, subclasses = ([((of, one), number) for (of, one), number in given] for given in does)
                changed = [(number, frozenset(of)) for number, of in everywhere]
                examiner.known[name] = Contributions(names, rebound, subclasses, changed)
        self._sources.inside.update((name, given) for name, given in self._links.inside if name not in self._stale)

    def give(self, graph: Graph, sketches: Sketches) -> None:
        """Give all else to those who find it, in a new graph, if anything contributes to the same names as before."""
        links, given = self._links, graph.contributed
        if given is None or links.contributed != [[list(one) for one in sorted(given.names)], sorted(given.modules)]:
            return
        self.serves = len(self._stale) <= _FEW * len(links.headers)
        for label in links.labels:
            graph.node(*label)
        outside = [_outside(one) for one in links.outside]
        for number, nodes, leaving in self._standing(links.edges):
            now = self._now(nodes)
            if now is not None:
                graph.known[number] = Edges(tuple(now), tuple([outside[one] for one in leaving]))
        for entry, nodes in links.starts:
            if entry[0] not in self._stale:
                graph.starts[Entry(*entry)] = nodes
        for number, *row in self._standing(links.sketches):
            sketch = self._drawn(Sketch._make(row))
            if sketch is not None:
                sketches.known[number] = sketch
        for name, every, *numbers, wholes, built, opened, shelved in links.shown:
            now = [self._now(one) for one in (*numbers, opened, *shelved)] if name not in self._stale else [None]
            if None not in now:
                seen, shows, *pairs = (one or [] for one in now)
                in_tables = [(table, one) for table, one in pairs]
                sketches.known_shown[name] = Shown(every, seen, wholes, built, shows, in_tables)

    def _drawn(self, sketch: Sketch) -> Sketch | None:
        """Return a sketch with definitions as they are now; None if one of them is nothing any more."""
        moved = self._moved
        used: list[Any] = [*sketch.made_of, *[one for _, one, _ in sketch.pieces]]
        if moved.keys().isdisjoint(used):
            return sketch
        now, made_of = self._now([one for _, one, _ in sketch.pieces]), self._now(sketch.made_of)
        if now is None or made_of is None:
            return None
        pieces = [(place, one, rest) for (place, _, rest), one in zip(sketch.pieces, now, strict=True)]
        return sketch._replace(pieces=pieces, made_of=made_of)

    def _standing(self, rows: list[Any]) -> Iterator[Any]:
        """Yield what belongs to definitions of modules for which it holds."""
        homes, labels, stale = self._sources.homes, self._links.labels, self._stale
        for row in rows:
            number = row[0]
            if (homes[number].name if number >= 0 else labels[~number][1]) not in stale:
                yield row

    def _now(self, nodes: list[Any]) -> list[Any] | None:
        """Return nodes as they are now; None if one of them is nothing any more."""
        moved = self._moved
        if moved.keys().isdisjoint(nodes):
            return nodes
        found = [moved.get(node, node) for node in nodes]
        return None if any(one is None and node is not None for one, node in zip(found, nodes, strict=True)) else found


def _concerned(headers: list[Header], changed: Mapping[str, set[str] | None]) -> set[str]:
    """Return the modules of which nothing holds where these say something else about names."""
    found = set(changed)
    while True:
        more = {
            one.name
            for one in headers
            if one.name not in found
            and (
                not found.isdisjoint(one.looked)
                or any(of in one.asked and _meets(one.asked[of], names) for of, names in changed.items())
            )
        }
        if not more:
            return found
        found |= more


def _meets(asked: Mapping[str, None], names: set[str] | None) -> bool:
    return names is None or not names.isdisjoint(asked)


def _binders(facts: Facts, name: str) -> list[int]:
    """Return the definitions to which a name may lead, by their indices."""
    return [one for one in (*facts.binds.get(name, ()), *facts.late.get(name, ())) if isinstance(one, int)]


def _said(facts: Facts, name: str) -> object:
    """Return what a module says about a name to those who look no further into its definitions."""
    bound = [one for one in facts.binds.get(name, ()) if isinstance(one, str)]
    found = [facts.definitions[at] for at in _binders(facts, name)]
    told = [(one.kind, one.name, one.binds, one.marks, one.owner < 0, one.value) for one in found]
    order = [isinstance(one, str) for one in facts.binds.get(name, ())]
    return bound, told, order, name in facts.binds, len(facts.late.get(name, ())), name in facts.when


def _reader(sources: Sources, file: str, digest: str) -> Callable[[], Facts]:
    def read() -> Facts:
        actual, facts = read_module(sources.memo, file, digest)
        if actual != digest:
            raise OSError(f"{file} was edited meanwhile")
        return facts

    return read


def _outside(row: list[Any]) -> Outside:
    kind, name, distribution, file = row
    if distribution is None:
        return Outside(kind, name, None, file)
    of, version, metadata, requires = distribution
    return Outside(kind, name, Distribution(of, version, metadata, tuple(requires)), file)
