"""What a module changes while it is imported: names of the project, and things outside of it.

A statement contributes to a name when it decorates with it, calls its methods, assigns into it, or calls a project
function that does one of these. A statement that changes something outside the project (``np.random.seed(0)``,
``json.dumps = mine``) may matter to everything in the process. What the code of a statement or a function changes is
found by ``behaviour``; ``walk`` follows what is found here.
"""

from pivot_fingerprint.behaviour import Behaviour
from pivot_fingerprint.definitions import INNER, NOW, Definition
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.objects import Name, Objects
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source


class Contributions(NamedTuple):
    """What the import of a module does.

    ``names`` are pairs of a name and the definition that contributes to it, ``rebound`` those of them that bind it to
    something else, ``subclasses`` of a class and one that inherits from it, ``everywhere`` of a definition and the
    names outside the project that it changes.
    """

    names: list[tuple[Name, int]]
    rebound: list[tuple[Name, int]]
    subclasses: list[tuple[Name, int]]
    everywhere: list[tuple[int, frozenset[str]]]


class Examiner:
    """Finds for modules what their import contributes to names, and keeps it."""

    def __init__(self, resolver: Resolver) -> None:
        self.objects = Objects(resolver)
        self._behaviour = Behaviour(resolver, self.objects)
        self._resolver = resolver
        self._sources = resolver.sources
        self.known: dict[str, Contributions] = {}  # by module

    def contributions(self, module: Source) -> Contributions:
        """Return what the import of a module does to others."""
        found = self.known.get(module.name)
        if found is None:
            with self._sources.asking(module):
                found = self.known[module.name] = self._examine(module)
        return found

    def _examine(self, module: Source) -> Contributions:
        names: list[tuple[Name, int]] = []
        rebound: list[tuple[Name, int]] = []
        subclasses: list[tuple[Name, int]] = []
        everywhere: list[tuple[int, frozenset[str]]] = []
        for at, definition in enumerate(module.facts.definitions):
            number = module.first + at
            if definition.kind == "class":
                names.extend((name, number) for name in sorted(self._subclassing(number)))
                for base in self.objects.bases(definition, module):
                    name = self._sources.definitions[base].name
                    subclasses.append(((self._sources.homes[base].name, name), number))
            if not definition.now or definition.marks & INNER:
                continue
            effects = self._behaviour.sum(module, definition.now)
            own = {(module.name, name) for name in definition.binds}
            owner = number if definition.owner < 0 else module.first + definition.owner
            if definition.owner >= 0:
                own.add((module.name, self._sources.definitions[owner].name))
            names.extend((name, owner) for name in sorted(effects.names - own))
            rebound.extend((name, owner) for name in sorted(effects.rebound - own))
            if definition.kind == "const" and (effects.loud or effects.sure):
                everywhere.append((number, effects.loud | effects.sure))
        return Contributions(names, rebound, subclasses, everywhere)

    def _subclassing(self, number: int) -> set[Name]:
        """Return the names that the making of a class changes, by ``__init_subclass__`` or a metaclass of its bases."""
        names: set[Name] = set()
        seen = {number}
        stack = self.objects.bases(*self._sources.look(number))
        while stack:
            base = stack.pop()
            if base in seen:
                continue
            seen.add(base)
            definition, home = self._sources.look(base)
            stack.extend(self.objects.bases(definition, home))
            hooks: tuple[str, ...] = ("__init_subclass__",)
            if self._is_metaclass(definition, home):
                hooks = ("__init_subclass__", "__init__", "__new__", "__prepare__")
            for method in home.members.get(base, ()):
                if self._sources.definitions[method].name.rpartition(".")[2] in hooks:
                    effects = self._behaviour.summary(method)
                    names |= effects.names
                    if effects.changed:
                        names.add((home.name, definition.name))
        home = self._sources.homes[number]
        return names - {(home.name, self._sources.definitions[number].name)}

    def _is_metaclass(self, definition: Definition, home: Source) -> bool:
        for path, use in definition.refs:
            if use & NOW:
                identity = self._resolver.resolve(home, path).identity
                if identity == "type" or identity.endswith(("Meta", "MetaClass", "Metaclass")):
                    return True
        return False
