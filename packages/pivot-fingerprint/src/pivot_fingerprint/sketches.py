"""What the parts of definitions are made of, as far as it is the same in every process.

A sketch follows from the module of its definition, from what other modules say about the names that are used in it,
and from the names to which anything contributes: ``links`` keeps it for as long as these are the same. ``shapes`` and
``digests`` add what depends on the process.
"""

from pivot_fingerprint.constants import is_value
from pivot_fingerprint.definitions import (
    BUILT,
    CALLED,
    COMPUTED,
    DYNAMIC,
    FROZEN,
    IGNORED,
    IMPORT,
    MODULES,
    OPEN,
    PLAIN,
    SIMPLE,
    STORE,
    TABLE,
    VALUE,
)
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.order import Order
from pivot_fingerprint.recipes import digest
from pivot_fingerprint.resolve import Target
from pivot_fingerprint.sources import Source

TEXT, ANNOTATED, FULL = "text", "annotated", "full"  # which text of a definition counts
VALUES = FROZEN | COMPUTED | BUILT  # knows no name, and gives none away by its attributes


class Sketch(NamedTuple):
    """One definition.

    ``kind`` and ``name`` are those of its part, ``field`` says which of its texts counts, ``names`` is what that stands
    next to. ``pieces`` are a place among them, a definition that stands there with its shape if nothing can see its
    name, and attributes of that; None where a module is only loaded. ``nameless`` says whether nothing can see its own
    name as far as its module says, if nothing sees those of ``made_of`` either. ``plain`` is one of which the process
    cannot change anything else.
    """

    kind: str
    name: str
    title: str
    field: str
    names: list[str]
    pieces: list[tuple[int, int | None, str]]
    nameless: bool
    made_of: list[int]
    plain: bool
    text: str
    line: int
    end: int


class Shown(NamedTuple):
    """Whose names the code of a module can see: ``every``, those of definitions, those of whole modules.

    ``built`` are digests of the texts of the containers that it makes. ``shelved`` are definitions that stand in its
    tables, each after the table; ``opened`` are tables whose functions its code can see.
    """

    every: bool
    definitions: list[int]
    wholes: list[str]
    built: list[str]
    opened: list[int]
    shelved: list[tuple[int, int]]


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
        if definition.marks & PLAIN and definition.members and not self._graph.visibility.is_plain(number):
            names.extend(self._order.of_members(number, methods=False))
        effects = [at for at, _ in self._graph.examiner.contributions(home).everywhere]
        pieces = []
        for place, ((_, use), target) in enumerate(zip(definition.refs, targets, strict=True)):
            one = self._one(target, use) if target.definitions else None
            if one is not None or (target.wholes and not use & (VALUE | CALLED | STORE)):
                pieces.append((place, one, target.rest if one is not None else ""))
        touched = any(self._graph.is_contributed(name) for target in targets for name in target.names)
        return Sketch(
            *(("module", "") if number in effects else (definition.kind, definition.name)),
            f"{definition.kind}:{home.name}:{definition.name}",
            field,
            names,
            pieces,
            self._may_be_nameless(number, targets),
            [one for target in targets for one in target.definitions] if definition.marks & COMPUTED else [],
            not (definition.opaque or definition.marks & MODULES or touched),
            getattr(definition, field) or definition.text,
            definition.line,
            definition.end,
        )

    def _one(self, target: Target, use: int) -> int | None:
        """Return the definition that a target is, if it is one and nothing else."""
        if len(target.definitions) != 1 or target.outside or target.wholes or "|" in target.identity:
            return None
        one = target.definitions[0]
        if target.rest and not self._sources.marks[one] & VALUES:
            return None
        return one if use & (CALLED | VALUE | IMPORT) else None

    def _may_be_nameless(self, number: int, targets: list[Target]) -> bool:
        definition, home = self._sources.definitions[number], self._sources.homes[number]
        if definition.marks & IGNORED or not definition.marks & (SIMPLE | VALUES) or len(definition.binds) != 1:
            return False
        if definition.marks & COMPUTED and not all(map(self._is_value, targets)):
            return False
        name = definition.binds[0]
        if len(home.facts.binds[name]) != 1 or name in home.late:
            return False
        return len(self._order.group(home, name)) == 1 and not self._graph.visibility.is_noted(number)

    def _is_value(self, target: Target) -> bool:
        """Whether what a constant is computed from cannot be changed."""
        if target.definitions:
            return not target.rest and all(self._sources.marks[one] & (FROZEN | COMPUTED) for one in target.definitions)
        if target.external:
            return is_value(target.external)
        return not target.names and not target.wholes and not target.outside

    def shown(self, module: Source) -> Shown:
        """Return whose names the code of a module can see."""
        found = self.known_shown.get(module.name)
        if found is None:
            found = self.known_shown[module.name] = self._find_shown(module)
        return found

    def _find_shown(self, module: Source) -> Shown:
        definitions: dict[int, None] = {}
        wholes: dict[str, None] = {}
        opened: dict[int, None] = {}
        marks = self._sources.marks
        for path, use in module.facts.shown:
            target = self._graph.resolver.resolve(module, path)
            if target.wholes and use & (VALUE | CALLED):
                wholes.update(dict.fromkeys(target.wholes))
            if use & STORE:
                definitions.update(dict.fromkeys(target.definitions))
            elif use & OPEN and (use & VALUE or target.rest):
                definitions.update((one, None) for one in target.definitions if not marks[one] & VALUES)
                opened.update((one, None) for one in target.definitions if marks[one] & TABLE)
        shelved = [
            (module.first + at, one)
            for path, at in module.facts.shelves
            for one in self._graph.resolver.resolve(module, path).definitions
        ]
        built = [digest([one.text]) for one in module.facts.definitions if one.marks & BUILT]
        return Shown(bool(module.facts.marks & DYNAMIC), list(definitions), list(wholes), built, list(opened), shelved)
