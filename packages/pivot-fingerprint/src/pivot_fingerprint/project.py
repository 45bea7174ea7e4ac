"""The project behind an analysis: everything that is needed when something changed.

Joins the modules that find modules, read facts, follow names and take digests. ``analysis`` imports it only when a kept
answer no longer holds.
"""

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.definitions import Definition
from pivot_fingerprint.digests import Assembler
from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.entries import containing, starts, statements
from pivot_fingerprint.excerpts import excerpt, read_lines
from pivot_fingerprint.graph import Graph, contributed
from pivot_fingerprint.inside import has_inside
from pivot_fingerprint.links import Links, Reopened, keep
from pivot_fingerprint.loading import closure
from pivot_fingerprint.locations import placed
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.parts import Entry, ImportRead, Observed, Part
from pivot_fingerprint.processes import Process, Processes
from pivot_fingerprint.reach import Reach
from pivot_fingerprint.recipes import Answer, Book
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Outside, Source, Sources
from pivot_fingerprint.walk import Walk, walk

_ROUNDS = 5  # a path entry may lead to modules that add others


class Project:
    """The modules of a project as they are now."""

    def __init__(self, finder: Finder, memo: Memo) -> None:
        self._finder = finder
        self._memo = memo
        self._directory = finder.roots[0] if finder.roots else os.curdir  # in which the code runs
        self._begin()

    def _begin(self) -> None:
        self.sources = Sources(self._finder, self._memo)
        self.listings: dict[str, str] = {}
        self._resolver = Resolver(self.sources)
        self._examiner = Examiner(self._resolver)
        self._views: dict[tuple[tuple[ImportRead, ...], frozenset[str]], _View] = {}
        self._by_key: dict[str, dict[str, list[int]]] = {}
        self._lines: tuple[str, list[str]] = ("", [])  # of the file that was read last
        self._extended: set[frozenset[str]] = set()
        self._reopened: Reopened | None = None

    def reopen(self, links: list[Any], files: Mapping[str, str | None], edited: Container[str]) -> None:
        """Begin with what was followed before; ``files`` are as they were, but for the edited modules."""
        self.sources.files.update((path, digest) for path, digest in files.items() if path not in edited)
        self._reopened = Reopened(Links(*links), self.sources, edited)
        self._reopened.give_modules(self._examiner)

    # ------------------------------------------------------------ questions

    def answers(
        self, entries: Mapping[str, Sequence[Entry]], imported: Sequence[str], reads: Sequence[ImportRead]
    ) -> tuple[Book, list[Answer]]:
        """Return for each name what the fingerprint of the union of its entries is made of."""
        view = self._look([*imported, *(entry.module for given in entries.values() for entry in given)], reads)
        found = []
        for name, given in entries.items():
            process = view.process(given, imported)
            reached = view.reach(process).walk(view.starts(given))
            found.append(view.assembler.answer(name, reached, process))
        return view.assembler.book, found

    def links(
        self, entries: Mapping[str, Sequence[Entry]], imported: Sequence[str], reads: Sequence[ImportRead]
    ) -> Links | None:
        """Return what was followed for answers, to be kept; None where what was kept before does as well."""
        if self._reopened is not None and self._reopened.serves:
            return None
        view = self._look([*imported, *(entry.module for given in entries.values() for entry in given)], reads)
        return keep(view.graph, view.assembler.sketches)

    def parents(self, entries: Sequence[Entry], imported: Sequence[str], reads: Sequence[ImportRead]) -> dict[str, str]:
        """Return for each part in the closure of entries the part that led to it."""
        view = self._look([*imported, *(entry.module for entry in entries)], reads)
        return view.assembler.parents(walk(view.graph, view.starts(entries), view.process(entries, imported)))

    def unexpected(
        self, entries: Sequence[Entry], imported: Sequence[str], reads: Sequence[ImportRead], observed: Observed
    ) -> tuple[Entry, ...]:
        """Return what a run showed and the closure of its entries does not contain, as entries without lines."""
        view = self._look([*imported, *(entry.module for entry in entries)], reads)
        process = view.process(entries, imported)
        reached = walk(view.graph, view.starts(entries), process)
        left_out = _left_out(view.graph, reached, process)
        known = {*reached.definitions, *left_out.definitions, *left_out.ignored}
        loaded = {*process.modules, *reached.loaded, *left_out.loaded}
        found: dict[Entry, None] = {}
        for name, _ in observed.modules:
            if name not in loaded and isinstance(self.sources.module(name), Source):
                found[Entry(name, "")] = None
        wholes = {name for one in reached.others for kind, name, *_ in [view.graph.label(one)] if kind == "whole"}
        wholes.update(name for one in reached.definitions for name in view.graph.computed(one))
        for name in observed.computed:
            if name not in wholes and isinstance(self.sources.module(name), Source):
                found[Entry(name, "")] = None
        packages = {one.distribution for one in reached.outside}
        for name in observed.requested:
            module = self.sources.module(name)
            if isinstance(module, Outside) and module.distribution is not None and module.distribution not in packages:
                packages.add(module.distribution)
                found[Entry(name, "")] = None
        for entry in observed.functions:
            module = self.sources.module(entry.module)
            numbers = containing(entry, module) if isinstance(module, Source) else []
            if numbers and known.isdisjoint(numbers):
                part = view.assembler.place(numbers[-1])
                found[Entry(part.module, part.name)] = None
        return tuple(found)

    def imports(self, modules: Iterable[str]) -> frozenset[str]:
        """Return the modules that a process which imports these has imported in the end."""
        return frozenset(closure(self.sources, modules))

    def origins(self, entry: Entry) -> tuple[Entry, ...]:
        """Return the entries that a name leads to: itself, or what was imported under it."""
        graph = self._look([entry.module], ()).graph
        if starts(entry, graph):
            return (entry,) if self._binds(entry) else ()
        module = self.sources.module(entry.module)
        if not isinstance(module, Source):
            return ()
        found = [Entry(*name) for name in self._resolver.resolve(module, entry.qualname).names]
        return tuple(one for one in found if starts(one, graph))

    def names(self, module: str) -> tuple[str, ...]:
        """Return the names that a module binds, and those of its methods."""
        found = self.sources.module(module)
        if not isinstance(found, Source):
            return ()
        methods = (one.name for one in found.facts.definitions if one.kind == "method")
        return tuple(sorted({*found.facts.binds, *methods}))

    def locate(self, entry: Entry) -> Part | None:
        """Return the part that an entry is in, None if there is nothing of its name in a project module."""
        module = self.sources.module(entry.module)
        numbers = containing(entry, module) if isinstance(module, Source) else []
        return self._look([], ()).assembler.place(numbers[-1]) if numbers and self._binds(entry) else None

    def _binds(self, entry: Entry) -> bool:
        """Whether there is something of the whole name of an entry, as far as sources can tell."""
        module = self.sources.module(entry.module)
        if "." not in entry.qualname or entry.line or not isinstance(module, Source):
            return True
        if entry.qualname in self.names(entry.module):
            return True
        lines = read_lines(module.file, self.sources.files.get(module.file))
        return lines is None or has_inside("".join(lines), entry.qualname)

    def source(self, part: Part) -> str | None:
        """Return the text of a part's definitions, None if it has none or its file was edited since."""
        module = self.sources.module(part.module)
        if not isinstance(module, Source) or not part.line:
            return None
        if self._lines[0] != module.file:
            lines = read_lines(module.file, self.sources.files.get(module.file))
            if lines is None:
                return None
            self._lines = module.file, lines
        numbers = self._numbers(module).get(part.key, ())
        texts = [excerpt(self.sources.definitions[one], self._methods(one), self._lines[1]) for one in numbers]
        return "\n".join(texts) if texts else None

    def _methods(self, number: int) -> list[Definition]:
        return [self.sources.definitions[one] for one in self.sources.homes[number].members.get(number, ())]

    def _numbers(self, module: Source) -> dict[str, list[int]]:
        """Return the definitions of a module by the key of their part."""
        found = self._by_key.get(module.name)
        if found is None:
            found = self._by_key[module.name] = {}
            assembler = self._look([], ()).assembler
            for number in range(module.first, module.stop):
                found.setdefault(assembler.key(number), []).append(number)
        return found

    # ------------------------------------------------------------ preparation

    def _look(self, modules: Iterable[str], reads: Sequence[ImportRead]) -> "_View":
        """Return a graph for processes that import these modules, with what was read at import in its place."""
        given = frozenset(modules)
        self._extend_path(given)
        known = tuple(reads), given
        found = self._views.get(known)
        if found is None:
            changed = contributed(self._resolver, self._examiner, given)
            graph = Graph(self._resolver, self._examiner, self._directory, changed)
            env: dict[str, str | None] = {}
            assembler = Assembler(graph, self._finder.roots, env)
            if self._reopened is not None:
                self._reopened.give(graph, assembler.sketches)
            for read in reads:
                module = self.sources.module(read.module) if read.module else None
                places = [-1] if module is None else statements(read, module) if isinstance(module, Source) else []
                if read.kind not in ("package", "module"):
                    node = graph.node("read", read.kind, read.name)
                elif isinstance(self.sources.module(read.name), Outside):
                    node = graph.node("outside", read.name)
                elif read.kind == "module" and isinstance(module, Source):
                    node = graph.node("whole", read.name)
                    places = [at for at in places if at >= 0 and read.name not in graph.computed(module.first + at)]
                else:
                    continue
                for at in places:
                    graph.reads.setdefault((read.module, at), []).append(node)
                if read.kind == "env":
                    env[read.name] = read.digest
                elif read.kind == "listing":
                    self.listings[read.name] = listing_digest(read.name)
            found = self._views[known] = _View(graph, assembler)
        return found

    def _extend_path(self, modules: frozenset[str]) -> None:
        """Add what the modules of the process add to the import path themselves, and begin anew if that is anything."""
        if modules in self._extended:
            return
        for _ in range(_ROUNDS):
            added = False
            for name in closure(self.sources, modules):
                module = self.sources.module(name)
                if not isinstance(module, Source):
                    continue
                for entry in module.header.search:
                    place = placed(entry[1:], module.file, self._directory)
                    added |= self._finder.add(place, first=entry[0] == "0")
            if not added:
                self._extended.add(modules)
                return
            self._begin()


def _left_out(graph: Graph, reached: Walk, process: Process) -> Walk:
    """Return what is left out on request, with what that leads to: a run that shows it shows nothing new.

    Where something could not be followed, nobody knows whether it leads there as well: then without that.
    """
    ignored = list(reached.ignored)
    if any(graph.sources.definitions[number].opaque for number in reached.definitions):
        return reached._replace(definitions=[], loaded=[])
    while True:
        behind = walk(graph, [node for number in ignored for node in graph.edges(number).nodes], process)
        more = [number for number in behind.ignored if number not in ignored]
        if not more:
            return behind._replace(ignored=ignored)
        ignored += more


class _View:
    """A graph with what was read at import in its place, and whatever is kept for it."""

    def __init__(self, graph: Graph, assembler: Assembler) -> None:
        self.graph = graph
        self.assembler = assembler
        self.processes = Processes(graph)
        self._reaches: dict[int, Reach] = {}

    def process(self, entries: Sequence[Entry], imported: Sequence[str]) -> Process:
        """Return the process that imports the modules of entries and others."""
        process = self.processes.process(imported)
        more = [entry.module for entry in entries if entry.module not in process.modules]
        return self.processes.process((*imported, *more)) if more else process

    def reach(self, process: Process) -> Reach:
        """Return what keeps what nodes reach in a process."""
        found = self._reaches.get(id(process))
        if found is None:
            found = self._reaches[id(process)] = Reach(self.graph, process)
        return found

    def starts(self, entries: Sequence[Entry]) -> list[int]:
        """Return the nodes at which entries begin."""
        return [node for entry in entries for node in starts(entry, self.graph)]
