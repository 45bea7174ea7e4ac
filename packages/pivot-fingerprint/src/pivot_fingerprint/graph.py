"""The graph that ``walk`` follows: definitions, names, modules, and what leads from one to another.

A node is a number. A definition has its own number; everything else has a negative one with a label that says what it
is: a name, a module that is loaded, a module used as a value (all of it counts), one outside the project, a binary one,
something that was read, or a script. The edges of a node are found when they are first needed, and kept for all walks.
What is imported in any case, ``processes`` knows.
"""

import re
from collections.abc import Iterable

from pivot_fingerprint.behaviour import MUTATING_METHOD
from pivot_fingerprint.definitions import BARE, CALLED, CONTAINER, INNER, RECORDER, STORE, VALUE
from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.loading import importable, loads
from pivot_fingerprint.locations import placed
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.objects import Name
from pivot_fingerprint.parts import Entry
from pivot_fingerprint.resolve import Resolver, Target
from pivot_fingerprint.sources import Outside, Source, Sources
from pivot_fingerprint.visibility import Visibility


class Edges(NamedTuple):
    """Where a node leads: to other nodes, and to modules outside the project."""

    nodes: tuple[int, ...]
    outside: tuple[Outside, ...] = ()


NOWHERE = Edges(())


class Contributed(NamedTuple):
    """The names to which modules may contribute, and the modules of which all names are such."""

    names: frozenset[Name]
    modules: frozenset[str]


def contributed(resolver: Resolver, examiner: Examiner, modules: Iterable[str]) -> Contributed:
    """Return the names to which these modules, and all that their code may import, may contribute."""
    names: set[Name] = set()
    for module in importable(resolver, modules):
        does = examiner.contributions(module)
        names.update(name for name, _ in does.names)
        names.update(name for name, _ in does.subclasses)
    return Contributed(frozenset(names), frozenset(module for module, name in names if name == "*"))


def joined(edges: Edges, more: Edges) -> Edges:
    """Return the edges of both."""
    return Edges((*edges.nodes, *more.nodes), (*edges.outside, *more.outside))


class Graph:
    """Nodes by their labels, and the edges between them, found when first asked for."""

    def __init__(
        self, resolver: Resolver, examiner: Examiner, directory: str, contributed: Contributed | None = None
    ) -> None:
        self.contributed = contributed
        self.sources: Sources = resolver.sources
        self.resolver = resolver
        self.examiner = examiner
        self.visibility = Visibility(resolver)
        self.reads: dict[tuple[str, int], list[int]] = {}  # nodes by module and index of a definition, -1 for none
        self._directory = directory  # in which the code runs
        self._labels: list[tuple[str, ...]] = []  # of node -1, -2, ...
        self._nodes: dict[tuple[str, ...], int] = {}
        self._edges: dict[int, Edges] = {}
        self.known: dict[int, Edges] = {}  # of ``usual``
        self.starts: dict[Entry, list[int]] = {}  # the nodes at which entries begin, for ``entries``
        self._notes: dict[int, Edges] = {}
        self._targets: dict[int, list[Target]] = {}
        self._reads: dict[Target, tuple[int, ...]] = {}
        self._pipelines: dict[int, bool] = {}

    def node(self, *label: str) -> int:
        """Return the node with a label."""
        found = self._nodes.get(label)
        if found is None:
            self._labels.append(label)
            found = self._nodes[label] = -len(self._labels)
        return found

    def label(self, node: int) -> tuple[str, ...]:
        """Return the label of a negative node."""
        return self._labels[-node - 1]

    def targets(self, number: int) -> list[Target]:
        """Return what the references of a definition mean, in their order."""
        found = self._targets.get(number)
        if found is None:
            home, resolve = self.sources.homes[number], self.resolver.resolve
            found = self._targets[number] = [resolve(home, path) for path, _ in self.sources.definitions[number].refs]
        return found

    def computed(self, number: int) -> set[str]:
        """Return the modules that a definition imports by names which follow from constants."""
        paths = [path for path, _ in self.sources.definitions[number].refs]
        found = [target.loads for path, target in zip(paths, self.targets(number), strict=True) if path[0] == "&"]
        return {name for loads in found for name in loads}

    # ------------------------------------------------------------ edges

    def edges(self, node: int) -> Edges:
        """Return where a node leads."""
        found = self._edges.get(node)
        if found is None:
            if node >= 0:
                with self.sources.asking(self.sources.homes[node]):
                    found = self._of_definition(node)
            else:
                found = self._of_label(self.label(node))
            self._edges[node] = found
        return found

    def usual(self, node: int) -> Edges:
        """Return where a node leads; a definition also by its annotations if something can read them by its header."""
        found = self.known.get(node)
        if found is None:
            found = self.edges(node)
            if node >= 0 and self.visibility.is_noted(node):
                found = joined(found, self.notes(node))
            self.known[node] = found
        return found

    def notes(self, number: int) -> Edges:
        """Return where the annotations of a definition lead."""
        found = self._notes.get(number)
        if found is None:
            definition, home = self.sources.definitions[number], self.sources.homes[number]
            found = self._notes[number] = self._all(home, [path for path, _ in definition.notes])
        return found

    def _all(self, home: Source, paths: Iterable[str]) -> Edges:
        """Return where reads of paths lead."""
        targets = [self.resolver.resolve(home, path) for path in paths]
        nodes = dict.fromkeys(node for target in targets for node in self.read(target, home))
        return Edges(tuple(nodes), tuple(dict.fromkeys(one for target in targets for one in target.outside)))

    def _of_definition(self, number: int) -> Edges:
        definition, home = self.sources.definitions[number], self.sources.homes[number]
        nodes: dict[int, None] = {}
        outside: dict[Outside, None] = {}
        for (_, use), target in zip(definition.refs, self.targets(number), strict=True):
            read = self._reads.get(target)
            if read is None:
                read = self.read(target, home)
            if not read and not target.outside:
                continue
            if not use & (VALUE | CALLED | STORE):
                read = self._loads(target)
            elif (target.definitions or not use & VALUE) and self._only_written(target, use):
                read = target.definitions
            for node in read:
                nodes[node] = None
            if use & (VALUE | CALLED | STORE):
                for one in target.outside:
                    outside[one] = None
        nodes.update(dict.fromkeys(home.members.get(number, ())))
        nodes.update(dict.fromkeys(self.reads.get((home.name, number - home.first), ())))
        return Edges(tuple(nodes), tuple(outside))

    def read(self, target: Target, home: Source) -> tuple[int, ...]:
        """Return where a read of a target leads."""
        found = self._reads.get(target)
        if found is None:
            found = self._names(target) if target.names else ()
            if target.wholes or target.loads or target.outside or target.file:
                node = self.node
                found = (
                    *found,
                    *(node("whole", name) for name in target.wholes),
                    *self._loads(target),
                    *(node("binary", one.name) for one in target.outside if one.kind == "binary"),
                    *((node("script", placed(target.file, home.file, self._directory)),) if target.file else ()),
                )
            self._reads[target] = found
        return found

    def is_contributed(self, name: Name) -> bool:
        """Whether anything may contribute to a name."""
        given = self.contributed
        return given is None or name in given.names or name[0] in given.modules

    def _names(self, target: Target) -> tuple[int, ...]:
        """Return the nodes of names; straight those of definitions where nothing contributes to a name."""
        given = self.contributed
        if given is None:
            return tuple([self.node("name", *name) for name in target.names])
        found: list[int] = []
        for name in target.names:
            if self.is_contributed(name):
                found.append(self.node("name", *name))
            elif len(target.names) == 1 and target.definitions:
                found.extend(target.definitions)
            else:
                module = self.sources.module(name[0])
                found.extend(self.resolver.binders(module, name[1]) if isinstance(module, Source) else ())
        return tuple(found)

    def _loads(self, target: Target) -> tuple[int, ...]:
        loaded = [one for one in target.loads if isinstance(self.sources.module(one), Source)]
        return tuple([self.node("load", one) for one in loaded])

    def _only_written(self, target: Target, use: int) -> bool:
        """Whether a use of a name does not depend on what others put into it."""
        if not use & (VALUE | CALLED):
            return True
        if use & VALUE or not target.definitions:
            return False
        return all(self._only_records(number, target.rest or "__call__", use) for number in target.definitions)

    def _only_records(self, number: int, method: str, use: int) -> bool:
        """Whether a method only puts something into its object, and gives nothing back that depends on it."""
        definition = self.sources.definitions[number]
        if definition.kind == "func":
            return method == "register"  # of functools.singledispatch
        if definition.kind != "const":
            return False
        if definition.marks & CONTAINER:
            return bool(use & BARE and re.match(MUTATING_METHOD, method))
        classes = self.examiner.objects.classes_of(number)
        methods = [one for each in classes for one in self.examiner.objects.methods(each, (method,))]
        return bool(methods) and all(self.sources.definitions[one].marks & RECORDER for one in methods)

    def _of_label(self, label: tuple[str, ...]) -> Edges:
        module = self.sources.module(label[1]) if label[0] in ("name", "load", "whole", "outside") else None
        if isinstance(module, Outside) and label[0] == "outside":
            return Edges((), (module,))
        if not isinstance(module, Source):
            return NOWHERE
        match label:
            case ("name", _, "*"):
                return NOWHERE
            case ("name", _, name):
                return Edges((*self.resolver.binders(module, name), self.node("name", module.name, "*")))
            case ("load", name):
                reads = self.reads.get((name, -1), ())
                return Edges((*(self.node("load", one) for one in loads(self.sources, name)), *reads))
            case _:
                return self._of_whole(module)

    def _of_whole(self, module: Source) -> Edges:
        own = [
            self.node("load", module.name),
            *(module.first + at for at, one in enumerate(module.facts.definitions) if not one.marks & INNER),
            *(self.node("name", module.name, name) for name in module.facts.binds),
        ]
        paths = [path for bound in module.facts.binds.values() for path in bound if isinstance(path, str)]
        imported = self._all(module, [path for path in paths if not self.resolver.resolve(module, path).wholes])
        return Edges((*own, *imported.nodes), imported.outside)

    def is_pipeline(self, number: int) -> bool:
        """Whether a constant is a pipeline: what is registered in it concerns no stage."""
        found = self._pipelines.get(number)
        if found is None:
            definition, home = self.sources.definitions[number], self.sources.homes[number]
            names = [
                self.resolver.resolve(home, path).external.split(".")
                for path, use in definition.refs
                if definition.kind == "const" and use & CALLED
            ]
            found = self._pipelines[number] = any(one[0] in OWN_PACKAGES and one[-1] == "Pipeline" for one in names)
        return found
