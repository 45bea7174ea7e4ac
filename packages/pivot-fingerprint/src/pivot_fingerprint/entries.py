"""Where a closure begins: from entries to definitions, by name where there is one, else by line.

Serves ``project``; also says which definitions a function that executed is in, and which statement a line belongs to.
"""

from pivot_fingerprint.definitions import INNER, Definition
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.parts import Entry, ImportRead
from pivot_fingerprint.sources import Outside, Source, Spread


def starts(entry: Entry, graph: Graph) -> list[int]:
    """Return the nodes at which an entry begins; none if there is nothing of that name."""
    module = graph.sources.module(entry.module)
    if isinstance(module, Spread) or (isinstance(module, Source) and not entry.qualname):
        return [graph.node("whole", entry.module)]
    if isinstance(module, Outside) and not entry.qualname:
        return [graph.node("outside", entry.module)]
    if not isinstance(module, Source):
        return []
    found = numbers(entry, module)
    more = [node for number in found for node in _hinted(number, module, graph)]
    name = entry.qualname.partition(".")[0]
    if graph.resolver.binders(module, name) and not any(graph.sources.marks[number] & INNER for number in found):
        more.append(graph.node("name", module.name, name))
    return [*found, *more]


def numbers(entry: Entry, module: Source) -> list[int]:
    """Return the definitions that an entry is in; the class of a method."""
    definitions = module.facts.definitions
    last = entry.qualname.rpartition(".")[2]
    inner = [at for at, one in enumerate(definitions) if one.marks & INNER and one.name == last]
    here = [at for at in inner if definitions[at].line == entry.line]
    named = here or [at for at, one in enumerate(definitions) if _is_named(one, entry.qualname)]
    if not named and entry.line:
        named = [at for at, one in enumerate(definitions) if one.owner < 0 and one.line <= entry.line <= one.end]
    owners = [definitions[at].owner for at in named or inner]
    found = [owner if owner >= 0 else at for at, owner in zip(named or inner, owners, strict=True)]
    return [module.first + at for at in dict.fromkeys(found)]


def containing(entry: Entry, module: Source) -> list[int]:
    """Return the definitions that contain a function that executed, from the innermost to the whole statement."""
    definitions = module.facts.definitions
    found = [at for at, one in enumerate(definitions) if one.name == entry.qualname and one.owner >= 0]
    if not found:
        lines = [at for at, one in enumerate(definitions) if one.owner < 0 and one.line <= entry.line <= one.end]
        inner = [at for at in lines if definitions[at].marks & INNER and definitions[at].line == entry.line]
        outer = [at for at in lines if not definitions[at].marks & INNER]
        found = inner if inner and not any(definitions[at].binds for at in outer) else [*inner, *outer]
    return [module.first + at for at in found] or numbers(entry, module)


def statements(read: ImportRead, module: Source) -> list[int]:
    """Return the indices of the definitions that something read at import belongs to, -1 for the module as a whole."""
    found: list[int] = []
    for at, one in enumerate(module.facts.definitions):
        inside = one.line <= read.line <= one.end and not one.marks & INNER
        if one.owner < 0 and (inside or any(first <= read.line <= last for first, last in one.guards)):
            found.append(at)
    return found or [-1]


def _is_named(definition: Definition, qualname: str) -> bool:
    if definition.marks & INNER:
        return False
    return definition.name == qualname or qualname.partition(".")[0] in definition.binds


def _hinted(number: int, module: Source, graph: Graph) -> list[int]:
    """Return the classes of which a function may get instances without naming them: parameters, unpickled objects."""
    found: list[int] = []
    for hint in graph.sources.definitions[number].hints:
        target = graph.resolver.resolve(module, hint.removeprefix("="))
        classes = [one for one in target.definitions if graph.sources.definitions[one].kind == "class"]
        if classes and (not hint.startswith("=") or any(_is_parameters(one, graph) for one in classes)):
            found.extend(graph.node("name", *name) for name in target.names)
    return found


def _is_parameters(number: int, graph: Graph, depth: int = 0) -> bool:
    """Whether a class is one of ``pivot.StageParams``."""
    definition, home = graph.sources.definitions[number], graph.sources.homes[number]
    for path in definition.header:
        base = graph.resolver.resolve(home, path)
        if base.external.rpartition(".")[2] == "StageParams":
            return True
        if depth < 20 and any(_is_parameters(one, graph, depth + 1) for one in base.definitions):
            return True
    return False
