"""What the parts of definitions are made of, as far as it is the same in every process.

A sketch follows from the module of its definition, from what other modules say about the names that are used in it,
and from the names to which anything contributes: ``links`` keeps it for as long as these are the same. ``shapes`` and
``digests`` add what depends on the process.
"""

from typing import NamedTuple

from pivot_fingerprint.definitions import CALLED, DYNAMIC, FROZEN, IGNORED, IMPORT, MODULES, SIMPLE, STORE, VALUE
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.order import Order
from pivot_fingerprint.resolve import Target
from pivot_fingerprint.sources import Source

TEXT, ANNOTATED, FULL = "text", "annotated", "full"  # which text of a definition counts


class Sketch(NamedTuple):
    """One definition.

    ``kind`` and ``name`` are those of its part, ``field`` says which of its texts counts, ``names`` is what that stands
    next to. ``pieces`` are pairs of a place among them and of a definition that stands there with its shape if nothing
    can see its name; None where a module is only loaded. ``nameless`` says whether nothing can see its own name as far
    as its module says. ``plain`` is one of which the process cannot change anything else.
    """

    kind: str
    name: str
    title: str
    field: str
    names: list[str]
    pieces: list[tuple[int, int | None]]
    nameless: bool
    plain: bool
    text: str
    line: int
    end: int


class Shown(NamedTuple):
    """Whose names the code of a module can see: ``every``, those of definitions, those of whole modules."""

    every: bool
    definitions: list[int]
    wholes: list[str]


class Sketches:
    """Those of one graph, each made once."""

    def __init__(self, graph: Graph, order: Order) -> None:
        self.known: dict[int, Sketch] = {}
        self.known_shown: dict[str, Shown] = {}
        self._graph = graph
        self._sources = graph.sources
        self._order = order

    def of(self, number: int) -> Sketch:
        """Return the sketch of a definition."""
        found = self.known.get(number)
        if found is None:
            found = self.known[number] = self.make(number, "")
        return found

    def make(self, number: int, field: str) -> Sketch:
        """Return a sketch with a field of the definition, or with the one that counts."""
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        if not field:
            field = ANNOTATED if self._graph.visibility.is_noted(number) else TEXT
        targets = self._graph.targets(number)
        names = [target.identity for target in targets]
        if field != TEXT:
            names.extend(self._graph.resolver.resolve(home, path).identity for path, _ in definition.notes)
        names.extend(self._order.of(number))
        effects = [at for at, _ in self._graph.examiner.contributions(home).everywhere]
        pieces = []
        for place, ((_, use), target) in enumerate(zip(definition.refs, targets, strict=True)):
            one = _one(target, use) if target.definitions else None
            if one is not None or (target.wholes and not use & (VALUE | CALLED | STORE)):
                pieces.append((place, one))
        touched = any(self._graph.is_contributed(name) for target in targets for name in target.names)
        return Sketch(
            *(("module", "") if number in effects else (definition.kind, definition.name)),
            f"{definition.kind}:{home.name}:{definition.name}",
            field,
            names,
            pieces,
            self._may_be_nameless(number),
            not (definition.opaque or definition.marks & MODULES or touched),
            getattr(definition, field) or definition.text,
            definition.line,
            definition.end,
        )

    def _may_be_nameless(self, number: int) -> bool:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        if definition.marks & IGNORED or not definition.marks & (SIMPLE | FROZEN) or len(definition.binds) != 1:
            return False
        name = definition.binds[0]
        if len(home.facts.binds[name]) != 1 or name in home.late:
            return False
        return len(self._order.group(home, name)) == 1 and not self._graph.visibility.is_noted(number)

    def shown(self, module: Source) -> Shown:
        """Return whose names the code of a module can see."""
        found = self.known_shown.get(module.name)
        if found is None:
            found = self.known_shown[module.name] = self._find_shown(module)
        return found

    def _find_shown(self, module: Source) -> Shown:
        definitions: dict[int, None] = {}
        wholes: dict[str, None] = {}
        for path, use in module.facts.shown:
            target = self._graph.resolver.resolve(module, path)
            if target.wholes and use & (VALUE | CALLED):
                wholes.update(dict.fromkeys(target.wholes))
            if target.rest or use & STORE:
                definitions.update(dict.fromkeys(target.definitions))
            elif use & VALUE:
                seen = (one for one in target.definitions if not self._sources.marks[one] & FROZEN)
                definitions.update(dict.fromkeys(seen))
        return Shown(bool(module.facts.marks & DYNAMIC), list(definitions), list(wholes))


def _one(target: Target, use: int) -> int | None:
    """Return the definition that a target is, if it is one and nothing else."""
    is_one = len(target.definitions) == 1 and not target.rest and not target.outside and not target.wholes
    if is_one and use & (CALLED | VALUE | IMPORT) and "|" not in target.identity:
        return target.definitions[0]
    return None
