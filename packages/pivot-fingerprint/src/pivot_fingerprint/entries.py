"""Which definitions an entry means: those of its name, or for a function without a name, the one on its line.

Serves ``project``. Also says which definitions a function that executed is in, and which statement a line belongs to.
"""

from pivot_fingerprint.definitions import INNER
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.parts import Entry, ImportRead
from pivot_fingerprint.sources import Outside, Source, Spread


def starts(entry: Entry, graph: Graph) -> list[int]:
    """Return the nodes at which an entry begins; none if there is nothing of that name."""
    found = graph.starts.get(entry)
    if found is None:
        found = graph.starts[entry] = _find(entry, graph)
    return found


def _find(entry: Entry, graph: Graph) -> list[int]:
    module = graph.sources.module(entry.module)
    if isinstance(module, Spread) or (isinstance(module, Source) and not entry.qualname):
        return [graph.node("whole", entry.module)]
    if isinstance(module, Outside) and not entry.qualname:
        return [graph.node("outside", entry.module)]
    if not isinstance(module, Source):
        return []
    found = numbers(entry, module)
    with graph.sources.asking(module):
        more = [node for number in found for node in _hinted(number, module, graph)]
    name = entry.qualname.partition(".")[0]
    if graph.resolver.binders(module, name) and not any(graph.sources.marks[number] & INNER for number in found):
        more.append(graph.node("name", module.name, name))
    return [*found, *more]


class _Index:
    """Where the definitions of a module are found: indices of those in functions and of the others, in order."""

    def __init__(self) -> None:
        self.inner: dict[str, list[int]] = {}  # by name
        self.outer: dict[str, list[int]] = {}  # by name
        self.binders: dict[str, list[int]] = {}  # by the names that they bind
        self.methods: dict[str, list[int]] = {}  # by name
        self.lines: dict[int, list[int]] = {}  # all but methods, by each of their lines: empty until asked for


def _index(module: Source) -> _Index:
    """Return the index of a module, made when first asked for: there may be a thousand questions about one module."""
    if module.index is None:
        index = module.index = _Index()
        for at, one in enumerate(module.facts.definitions):
            if one.marks & INNER:
                index.inner.setdefault(one.name, []).append(at)
            else:
                index.outer.setdefault(one.name, []).append(at)
                for name in one.binds:
                    index.binders.setdefault(name, []).append(at)
            if one.owner >= 0:
                index.methods.setdefault(one.name, []).append(at)
    found: _Index = module.index
    return found


def _on_line(line: int, module: Source) -> list[int]:
    """Return the indices of the definitions on a line, but for methods."""
    lines = _index(module).lines
    if not lines:
        for at, one in enumerate(module.facts.definitions):
            for each in range(one.line, one.end + 1) if one.owner < 0 else ():
                lines.setdefault(each, []).append(at)
    return lines.get(line, [])


def numbers(entry: Entry, module: Source) -> list[int]:
    """Return the definitions that an entry is in; the class of a method."""
    definitions, index = module.facts.definitions, _index(module)
    inner = index.inner.get(entry.qualname.rpartition(".")[2], [])
    module.lined |= bool(inner)
    named = [at for at in inner if definitions[at].line == entry.line]
    if not named:
        binders = index.binders.get(entry.qualname.partition(".")[0], ())
        named = sorted({*index.outer.get(entry.qualname, ()), *binders})
    if not named and entry.line:
        module.lined = True
        named = _on_line(entry.line, module)
    owners = [definitions[at].owner for at in named or inner]
    found = [owner if owner >= 0 else at for at, owner in zip(named or inner, owners, strict=True)]
    return [module.first + at for at in dict.fromkeys(found)]


def containing(entry: Entry, module: Source) -> list[int]:
    """Return the definitions that contain a function that executed, from the innermost to the whole statement."""
    definitions, index = module.facts.definitions, _index(module)
    found = index.methods.get(entry.qualname, [])
    if not found:
        lines = _on_line(entry.line, module)
        inner = [at for at in lines if definitions[at].marks & INNER and definitions[at].line == entry.line]
        outer = [at for at in lines if not definitions[at].marks & INNER]
        found = inner if inner and not any(definitions[at].binds for at in outer) else [*inner, *outer]
    return [module.first + at for at in found] or numbers(entry, module)


def statements(read: ImportRead, module: Source) -> list[int]:
    """Return the indices of the definitions that something read at import belongs to, -1 for the module as a whole."""
    module.lined = True
    found: list[int] = []
    for at, one in enumerate(module.facts.definitions):
        inside = one.line <= read.line <= one.end and not one.marks & INNER
        if one.owner < 0 and (inside or any(first <= read.line <= last for first, last in one.guards)):
            found.append(at)
    return found or [-1]


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
    definition, home = graph.sources.look(number)
    for path in definition.header:
        base = graph.resolver.resolve(home, path)
        if base.external.rpartition(".")[2] == "StageParams":
            return True
        if depth < 20 and any(_is_parameters(one, graph, depth + 1) for one in base.definitions):
            return True
    return False
