"""From entries to everything that they reach: a walk over definitions, names and modules.

Nodes are numbers: a definition has its own, everything else a negative one. A name leads to the definitions that bind it and
to the statements that contribute to it; a module that is loaded leads to what its import does to the whole process. What is
reached is turned into parts by ``digests``.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pivot_fingerprint.definitions import (
    BARE,
    CALLED,
    CONTAINER,
    IGNORED,

    INTROSPECTS,

    PLAIN,
    RECORDER,
    STORE,
    SUBCLASSES,
    TEXT,
    VALUE,
    Definition,
)
from pivot_fingerprint.effects import MUTATING_METHOD, Examiner
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.locations import placed
from pivot_fingerprint.modules import absolute
from pivot_fingerprint.resolve import Resolver, Target
from pivot_fingerprint.sources import Outside, Source, Sources, Spread

# Decorators from outside the project that read no annotations.
_HARMLESS = frozenset(
    "property staticmethod classmethod functools.lru_cache functools.cache functools.cached_property functools.wraps "
    "functools.total_ordering functools.partialmethod functools.singledispatch contextlib.contextmanager contextlib.asynccontextmanager "
    "abc.abstractmethod typing.override typing.final typing.no_type_check typing_extensions.override typing_extensions.final "
    "numba.njit numba.jit numba.vectorize joblib.delayed dask.delayed atexit.register pytest.fixture tenacity.retry".split()
)
# Modules that have to do with all that the process does, also where their names are not used.
_OF_THE_PROCESS = frozenset("os locale signal threading socket builtins decimal warnings gc importlib io codecs time random".split())
_PLAIN_BASES = frozenset("object abc.ABC typing.Generic".split())


class Walk(NamedTuple):
    """What was reached from entries.

    ``definitions`` and ``ignored`` are numbers of definitions, ``others`` are nodes of other kinds that are parts;
    ``led_by`` maps a node to the one that led to it. ``names`` are name nodes. ``full`` says that annotations count everywhere, ``texts`` that the very text of the source does.
    """

    definitions: list[int]
    ignored: list[int]
    others: list[int]
    names: list[int]
    outside: set[Outside]
    led_by: dict[int, int]
    full: bool
    texts: bool


class Process(NamedTuple):
    """The modules that are imported in any case, each with its place in the order of import, and what their imports do.

    ``contributions`` lead from a name to the statements that contribute to it, ``subclasses`` from a class to those that inherit
    from it.
    """

    modules: dict[str, int]
    contributions: dict[int, list[int]]
    subclasses: dict[int, list[int]]


class Graph:
    """Edges between nodes, found when they are needed and kept for all walks."""

    def __init__(self, resolver: Resolver, examiner: Examiner, directory: str) -> None:
        self.directory = directory  # in which the code runs
        self.sources: Sources = resolver.sources
        self.resolver = resolver
        self.examiner = examiner
        self.reads: dict[tuple[str, int], list[tuple[str, str]]] = {}
        self.labels: list[tuple[str, ...]] = []  # of node -1, -2, ...
        self._nodes: dict[tuple[str, ...], int] = {}
        self._edges: dict[int, tuple[int, ...]] = {}
        self._notes: dict[int, tuple[int, ...]] = {}
        self._outside: dict[int, tuple[Outside, ...]] = {}
        self._loads: dict[str, list[str]] = {}
        self._processes: dict[frozenset[str], Process] = {}
        self._noted: dict[int, bool] = {}

    # ------------------------------------------------------------ nodes

    def node(self, *label: str) -> int:
        """Return the node of a name, a loaded module, a whole module, a binary or a read."""
        found = self._nodes.get(label)
        if found is None:
            self.labels.append(label)
            found = self._nodes[label] = -len(self.labels)
        return found

    def label(self, node: int) -> tuple[str, ...]:
        """Return what a negative node stands for."""
        return self.labels[-node - 1]

    # ------------------------------------------------------------ processes

    def process(self, modules: Iterable[str]) -> Process:
        """Return the process that imports these modules and whatever they import."""
        given = frozenset(modules)
        found = self._processes.get(given)
        if found is None:
            order = self._import_order(given)
            contributions: dict[int, list[int]] = {}
            subclasses: dict[int, list[int]] = {}
            for name in order:
                module = self.sources.module(name)
                if isinstance(module, Source):
                    does = self.examiner.contributions(module)
                    for key, number in does.names:
                        contributions.setdefault(self.node("name", *key), []).append(number)
                    for key, number in does.subclasses:
                        subclasses.setdefault(self.node("name", *key), []).append(number)
            found = self._processes[given] = Process(order, contributions, subclasses)
        return found

    def _import_order(self, given: frozenset[str]) -> dict[str, int]:
        """Return modules and whatever they import in the order in which their imports end, as far as it can be known."""
        imported = {one for name in given for one in self.loads(name) if one != name}
        order: dict[str, int] = {}
        begun: set[str] = set()
        stack = [(name, False) for name in sorted(given, key=lambda name: (name not in imported, name))]
        while stack:
            name, ended = stack.pop()
            if ended:
                order.setdefault(name, len(order))
            elif name not in begun and isinstance(self.sources.module(name), Source | Spread):
                begun.add(name)
                stack.append((name, True))
                stack.extend((one, False) for one in reversed(self.loads(name)))
        return order

    def loads(self, name: str) -> list[str]:
        """Return the project modules that the import of one imports itself, the packages around it first."""
        found = self._loads.get(name)
        if found is None:
            found = self._loads[name] = []
            module = self.sources.module(name)
            if "." in name:
                found.append(name.rpartition(".")[0])
            if isinstance(module, Source):
                for level, of, names in module.facts.loads:
                    self._load(module, level, of, names, found)
        return found

    def _load(self, module: Source, level: int, of: str, names: list[str], found: list[str]) -> None:
        name = absolute(of, module.package, level)
        if name is None or not isinstance(imported := self.sources.module(name), Source | Spread):
            return
        found.append(name)
        for one in names:
            bound = isinstance(imported, Source) and (one in imported.facts.binds or not imported.is_package)
            if not bound and one != "*" and isinstance(self.sources.module(f"{name}.{one}"), Source | Spread):
                found.append(f"{name}.{one}")

    # ------------------------------------------------------------ edges

    def edges(self, node: int) -> tuple[int, ...]:
        """Return the nodes that a node leads to."""
        found = self._edges.get(node)
        if found is None:
            found = self._edges[node] = tuple(
                dict.fromkeys(self._of_definition(node) if node >= 0 else self._of_label(self.label(node)))
            )
        return found

    def notes(self, number: int) -> tuple[int, ...]:
        """Return the nodes that the annotations of a definition lead to."""
        found = self._notes.get(number)
        if found is None:
            definition, home = self.sources.definitions[number], self.sources.homes[number]
            edges: list[int] = []
            outside: list[Outside] = []
            for path, _ in definition.notes:
                self._follow(self.resolver.resolve(home, path), edges, outside)
            found = self._notes[number] = tuple(dict.fromkeys(edges))
            self._outside[-number - 1] = tuple(outside)
        return found

    def outside(self, number: int, *, notes: bool) -> tuple[Outside, ...]:
        """Return what a definition reaches outside the project."""
        found = self._outside.get(number, ())
        return found + self._outside.get(-number - 1, ()) if notes else found

    def _of_definition(self, number: int) -> list[int]:
        definition, home = self.sources.definitions[number], self.sources.homes[number]
        edges: list[int] = []
        outside: list[Outside] = []
        for path, use in definition.refs:
            target = self.resolver.resolve(home, path)
            if not use & (VALUE | CALLED | STORE):
                edges.extend(self.node("load", name) for name in target.loads)
            elif target.file:
                edges.append(self.node("script", placed(target.file, home.file, self.directory)))
            elif self._only_written(target, use):
                edges.extend(target.definitions)
                outside.extend(target.outside)
            else:
                self._follow(target, edges, outside)
        edges.extend(home.members.get(number, ()))
        for kind, name in self.reads.get((home.name, number - home.first), ()):
            edges.append(self.node("read", kind, name))
        self._outside[number] = tuple(outside)
        return edges

    def _follow(self, target: Target, edges: list[int], outside: list[Outside]) -> None:
        edges.extend(self.node("name", *name) for name in target.names)
        edges.extend(self.node("whole", name) for name in target.wholes)
        edges.extend(self.node("load", name) for name in target.loads)
        outside.extend(target.outside)
        for one in target.outside:
            if one.kind == "binary":
                edges.append(self.node("binary", one.name))

    def _only_written(self, target: Target, use: int) -> bool:
        """Whether a use of a name does not depend on what others put into it."""
        if not use & (VALUE | CALLED):
            return True
        if use & VALUE or not target.rest or not target.definitions:
            return False
        method = target.rest
        for number in target.definitions:
            definition = self.sources.definitions[number]
            if definition.kind == "const" and definition.marks & CONTAINER:
                if not (use & BARE and MUTATING_METHOD.match(method)):
                    return False
            elif definition.kind == "const":
                classes = self.examiner.classes_of(number)
                methods = [one for each in classes for one in self.examiner.methods(each, (method,))]
                if not methods or not all(self.sources.definitions[one].marks & RECORDER for one in methods):
                    return False
            elif not (definition.kind == "func" and method == "register"):
                return False
        return True

    def _of_label(self, label: tuple[str, ...]) -> list[int]:
        match label:
            case ("name", module_name, name):
                module = self.sources.module(module_name)
                if not isinstance(module, Source):
                    return []
                anything = [] if name == "*" else [self.node("name", module_name, "*")]
                return [*self.resolver.binders(module, name), *anything]
            case ("load", name):
                return self._of_load(name)
            case ("whole", name):
                return self._of_whole(name)
        return []

    def _of_load(self, name: str) -> list[int]:
        module = self.sources.module(name)
        if not isinstance(module, Source):
            return []
        edges = [self.node("load", one) for one in self.loads(name)]
        edges.extend(self.node("read", kind, of) for kind, of in self.reads.get((name, -1), ()))
        return edges

    def _of_whole(self, name: str) -> list[int]:
        module = self.sources.module(name)
        if not isinstance(module, Source):
            return []
        edges = [module.first + at for at, one in enumerate(module.facts.definitions) if not one.marks & INNER]
        outside: list[Outside] = []
        for paths in module.facts.binds.values():
            for path in paths:
                if isinstance(path, str):
                    target = self.resolver.resolve(module, path)
                    if not target.wholes:
                        self._follow(target, edges, outside)
        return edges

    def is_pipeline(self, number: int) -> bool:
        """Whether a constant is a pipeline: what is registered in it concerns no stage."""
        definition, home = self.sources.definitions[number], self.sources.homes[number]
        if definition.kind != "const":
            return False
        for path, use in definition.refs:
            if use & CALLED:
                external = self.resolver.resolve(home, path).external
                if external.partition(".")[0] in OWN_PACKAGES and external.endswith(".Pipeline"):
                    return True
        return False

    # ------------------------------------------------------------ annotations

    def noted(self, number: int) -> bool:
        """Whether something can read the annotations of a definition, whoever reaches it."""
        found = self._noted.get(number)
        if found is None:
            self._noted[number] = False  # a class that inherits from itself is no class
            definition, home = self.sources.definitions[number], self.sources.homes[number]
            found = self._noted[number] = bool(definition.notes or definition.full) and self._reads_notes(definition, home)
        return found

    def _reads_notes(self, definition: Definition, home: Source) -> bool:
        if definition.kind == "class":
            if not definition.marks & PLAIN:
                return True
            return not all(self._is_plain(self.resolver.resolve(home, path)) for path in definition.header)
        for path in definition.header:
            target = self.resolver.resolve(home, path)
            if target.definitions:
                if target.rest:
                    return True
            elif target.identity not in _HARMLESS:
                return True
        return False

    def _is_plain(self, base: Target) -> bool:
        if not base.definitions:
            return base.identity in _PLAIN_BASES or base.identity.endswith(("Error", "Exception", "Warning"))
        for number in base.definitions:
            definition, home = self.sources.definitions[number], self.sources.homes[number]
            if definition.kind != "class" or self._reads_notes(definition, home):
                return False
        return True

    # ------------------------------------------------------------ walking

    def walk(self, entries: Iterable[int], process: Process) -> Walk:
        """Return what is reached from nodes in a process."""
        roots = dict.fromkeys([*entries, *(self.node("load", name) for name in process.modules)])
        walker = _Walker(self, process, full=False)
        found = walker.walk(roots)
        marks = 0
        for number in found.definitions:
            marks |= self.sources.definitions[number].marks
        if marks & (INTROSPECTS | SUBCLASSES):
            found = _Walker(self, process, full=bool(marks & INTROSPECTS), subclasses=bool(marks & SUBCLASSES)).walk(roots)
        return found._replace(texts=bool(marks & TEXT))


class _Walker:
    """One walk."""

    def __init__(self, graph: Graph, process: Process, *, full: bool, subclasses: bool = False) -> None:
        self.graph = graph
        self.process = process
        self.full = full
        self.subclasses = subclasses
        self.seen: dict[int, None] = {}
        self.led_by: dict[int, int] = {}
        self.outside: set[Outside] = set()
        self.late: dict[int, list[int]] = {}
        self.waiting: list[tuple[int, int, frozenset[str]]] = []  # statements with an effect outside the project

    def walk(self, roots: Iterable[int]) -> Walk:
        graph = self.graph
        marks = [definition.marks for definition in graph.sources.definitions]
        self.seen = dict.fromkeys(roots)
        definitions: list[int] = []
        ignored: list[int] = []
        others: list[int] = []
        names: list[int] = []
        queue = list(self.seen)
        at = 0
        while at < len(queue):
            node = queue[at]
            at += 1
            if node >= 0:
                if node >= len(marks):
                    marks = [definition.marks for definition in graph.sources.definitions]
                if marks[node] & IGNORED:
                    ignored.append(node)
                    continue
                definitions.append(node)
                following = self._of_definition(node)
            else:
                label = graph.label(node)
                following = graph.edges(node)
                match label[0]:
                    case "name":
                        names.append(node)
                        following = self._of_name(node, following)
                    case "load":
                        following = self._of_load(node, label[1], following)
                    case _:
                        others.append(node)
            for one in following:
                if one not in self.seen:
                    self.seen[one] = None
                    self.led_by[one] = node
                    queue.append(one)
            if at == len(queue):
                queue.extend(self._affected())
        return Walk(definitions, ignored, others, names, self.outside, self.led_by, self.full, False)

    def _of_definition(self, number: int) -> tuple[int, ...]:
        graph = self.graph
        following = graph.edges(number)
        notes = self.full or graph.noted(number)
        if notes:
            following = (*following, *graph.notes(number))
        self.outside.update(graph.outside(number, notes=notes))
        return following

    def _of_name(self, node: int, following: tuple[int, ...]) -> tuple[int, ...]:
        more = (*self.process.contributions.get(node, ()), *self.late.get(node, ()))
        if more and not any(one >= 0 and self.graph.is_pipeline(one) for one in following):
            following = (*following, *more)
        if self.subclasses:
            following = (*following, *self.process.subclasses.get(node, ()))
        return following

    def _of_load(self, node: int, name: str, following: tuple[int, ...]) -> tuple[int, ...]:
        module = self.graph.sources.module(name)
        if isinstance(module, Source):
            does = self.graph.examiner.contributions(module)
            self.waiting.extend((number, node, changed) for number, changed in does.everywhere)
            if name not in self.process.modules:
                for key, number in does.names:
                    target = self.graph.node("name", *key)
                    self.late.setdefault(target, []).append(number)
                    if target in self.seen:
                        following = (*following, number)
        return following

    def _affected(self) -> Iterator[int]:
        """Yield the waiting statements whose effect may reach what was reached."""
        tops = {one.name.partition(".")[0] for one in self.outside}
        installed = any(one.kind != "standard" for one in self.outside)
        for number, node, changed in list(self.waiting):
            if number not in self.seen and any(_affects(one, tops, installed) for one in changed):
                self.seen[number] = None
                self.led_by[number] = node
                yield number


def _affects(changed: str, tops: set[str], installed: bool) -> bool:
    """Whether a change of something outside the project may reach code that uses these modules outside of it.

    Of what an installed distribution uses nothing is known: it may use anything.
    """
    top = changed.partition(".")[0]
    if top == "sys":
        return True
    return top in tops or installed or (bool(tops) and top in _OF_THE_PROCESS)
