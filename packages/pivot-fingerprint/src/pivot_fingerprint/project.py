"""The project behind an analysis: everything that is needed when something changed.

Joins finding, facts, resolution, effects, the closure and digests; ``analysis`` imports it only then.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from pivot_fingerprint.analysis import listing_digest
from pivot_fingerprint.closure import Graph
from pivot_fingerprint.definitions import INNER, Definition
from pivot_fingerprint.digests import Assembler
from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.locations import placed
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.parts import Entry, Fingerprint, ImportRead, Part
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources, Spread


_ROUNDS = 5  # a path entry may lead to modules that add others


class Project:
    """The modules of a project as they are now."""

    def __init__(self, finder: Finder, memo: Memo) -> None:
        self._finder = finder
        self._memo = memo
        self._roots = finder.roots
        self._begin()

    def _begin(self) -> None:
        self.sources = Sources(self._finder, self._memo)
        self.listings: dict[str, str] = {}
        self._resolver = Resolver(self.sources)
        self._examiner = Examiner(self._resolver)
        self._assemblers: dict[tuple[ImportRead, ...], Assembler] = {}

    @property
    def _directory(self) -> str:
        return self._roots[0] if self._roots else os.curdir

    def _extend_path(self, modules: Iterable[str]) -> None:
        """Add what the modules of the process add to the import path themselves, and begin anew if that is anything."""
        known = set(modules)
        for _ in range(_ROUNDS):
            graph, _assembler = self._prepared(())
            graph.process(known)
            added = False
            for module in list(self.sources.modules.values()):
                if isinstance(module, Source):
                    for entry in module.facts.search:
                        place = placed(entry[1:], module.file, self._directory)
                        added |= self._finder.add(place, first=entry[0] == "0")
            if not added:
                return
            self._begin()

    def fingerprints(
        self, entries: Mapping[str, Sequence[Entry]], imported: Sequence[str], reads: Sequence[ImportRead]
    ) -> dict[str, Fingerprint]:
        """Return for each name the fingerprint of the union of its entries."""
        self._extend_path({*imported, *(entry.module for given in entries.values() for entry in given)})
        graph, assembler = self._prepared(tuple(reads))
        found = {}
        for name, given in entries.items():
            process = graph.process({*imported, *(entry.module for entry in given)})
            roots: dict[int, None] = {}
            for entry in given:
                roots.update(dict.fromkeys(self._start(entry, graph)))
            walk = graph.walk(roots, process)
            found[name] = assembler.fingerprint(walk, process)
        return found

    def _prepared(self, reads: tuple[ImportRead, ...]) -> tuple[Graph, Assembler]:
        assembler = self._assemblers.get(reads)
        if assembler is None:
            graph = Graph(self._resolver, self._examiner, self._directory)
            env: dict[str, str | None] = {}
            for read in reads:
                for at in self._statements(read):
                    graph.reads.setdefault((read.module, at), []).append((read.kind, read.name))
                if read.kind == "env":
                    env[read.name] = read.digest
                elif read.kind == "listing":
                    self.listings[read.name] = listing_digest(read.name)
            assembler = self._assemblers[reads] = Assembler(graph, self._roots, env)
        return assembler.graph, assembler

    def _statements(self, read: ImportRead) -> list[int]:
        """Return the indices of the definitions that a read belongs to, -1 for the module as a whole."""
        module = self.sources.module(read.module)
        if not isinstance(module, Source):
            return []
        found = []
        for at, one in enumerate(module.facts.definitions):
            inside = one.line <= read.line <= one.end and not one.marks & INNER
            if one.owner < 0 and (inside or any(first <= read.line <= last for first, last in one.guards)):
                found.append(at)
        return found or [-1]

    # ------------------------------------------------------------ entries

    def _start(self, entry: Entry, graph: Graph) -> list[int]:
        module = self.sources.module(entry.module)
        if not isinstance(module, Source):
            return [graph.node("whole", entry.module)] if isinstance(module, Spread) else []
        found: list[int] = []
        for number in self.numbers(entry, module):
            found.append(number)
            definition = self.sources.definitions[number]
            for hint in definition.hints:
                target = self._resolver.resolve(module, hint.removeprefix("="))
                classes = [one for one in target.definitions if self.sources.definitions[one].kind == "class"]
                if classes and (not hint.startswith("=") or any(self._is_parameters(one) for one in classes)):
                    found.extend(graph.node("name", *name) for name in target.names)
        for name in entry.qualname.split(".")[:1]:
            if self._resolver.binders(module, name):
                found.append(graph.node("name", module.name, name))
        return found

    def _is_parameters(self, number: int, depth: int = 0) -> bool:
        """Whether a class is one of ``pivot.StageParams``."""
        definition, home = self.sources.definitions[number], self.sources.homes[number]
        for path in definition.header:
            base = self._resolver.resolve(home, path)
            if base.external.rpartition(".")[2] == "StageParams":
                return True
            if depth < 20 and any(self._is_parameters(one, depth + 1) for one in base.definitions):
                return True
        return False

    def numbers(self, entry: Entry, module: Source) -> list[int]:
        """Return the definitions that an entry is in: by name where it has one, else by line."""
        definitions = module.facts.definitions
        last = entry.qualname.rpartition(".")[2]
        inner = [at for at, one in enumerate(definitions) if one.marks & INNER and one.name == last]
        here = [at for at in inner if definitions[at].line == entry.line]
        named = here or [at for at, one in enumerate(definitions) if self._is_named(one, entry.qualname)]
        if not named and entry.line:
            named = [at for at, one in enumerate(definitions) if one.owner < 0 and one.line <= entry.line <= one.end]
        found: dict[int, None] = {}
        for at in named or inner:
            owner = definitions[at].owner
            found[module.first + (owner if owner >= 0 else at)] = None
        return list(found)

    def _is_named(self, definition: Definition, qualname: str) -> bool:
        if definition.marks & INNER:
            return False
        return definition.name == qualname or qualname.partition(".")[0] in definition.binds

    def locate(self, entry: Entry) -> Part | None:
        """Return the part that an entry is in, None if it is not in a project module."""
        module = self.sources.module(entry.module)
        if not isinstance(module, Source):
            return None
        _, assembler = self._prepared(())
        exact = [at for at, one in enumerate(module.facts.definitions) if one.name == entry.qualname]
        numbers = [module.first + at for at in exact] or self.numbers(entry, module)
        return assembler.part(numbers[0]) if numbers else None

    # ------------------------------------------------------------ texts

    def source(self, part: Part) -> str | None:
        """Return the text of a part's definitions as it is now, None if it has none."""
        module = self.sources.module(part.module)
        if not isinstance(module, Source) or not part.line:
            return None
        _, assembler = self._prepared(())
        try:
            with open(module.file, encoding="utf-8", errors="surrogateescape") as file:
                lines = re.split(r"(?<=\n)", file.read())
        except OSError:
            return None
        texts = []
        for at, definition in enumerate(module.facts.definitions):
            if assembler.part(module.first + at).key == part.key:
                texts.append("".join(self._lines(module, at, definition.line, definition.end, lines)))
        return "\n".join(texts) if texts else None

    def _lines(self, module: Source, at: int, first: int, last: int, lines: list[str]) -> list[str]:
        """Return the lines of a definition; those of methods are left out of a class."""
        inside = {
            line
            for one in module.facts.definitions
            if one.owner == at
            for line in range(one.line, one.end + 1)
        }
        return [line for number, line in enumerate(lines[first - 1 : last], first) if number not in inside]


