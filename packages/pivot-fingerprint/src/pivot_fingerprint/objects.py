"""What an object of the project may be, by its statements: an instance of a class, or another name of something.

Serves ``effects``, which asks what is changed when an object is changed, and ``graph``. In doubt an object may be more
than one thing: then all of them count.
"""

from pivot_fingerprint.definitions import CALLED, CONTAINER, FROZEN, NOW, VALUE, Definition
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source

type Name = tuple[str, str]

# What makes objects that every use changes, also where its result is used.
_STATEFUL = frozenset(
    [
        "builtins.iter",
        "faker.Faker",
        "itertools.count",
        "itertools.cycle",
        "numpy.random.Generator",
        "numpy.random.RandomState",
        "numpy.random.default_rng",
        "random.Random",
        "random.SystemRandom",
        "torch.Generator",
    ]
)


class Objects:
    """Finds what the objects are that definitions bind, by the numbers of the definitions."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._sources = resolver.sources

    def methods(self, number: int, names: tuple[str, ...], depth: int = 0) -> list[int]:
        """Return the methods of those names of a class, or else of its bases; ``__`` stands for all special methods."""
        definition, home = self._sources.look(number)
        own = []
        for member in home.members.get(number, ()):
            name = self._sources.definitions[member].name.rpartition(".")[2]
            if name in names or (name.startswith("__") and names == ("__",)):
                own.append(member)
        if (own and names != ("__",)) or depth > 20:
            return own
        return own + [one for base in self.bases(definition, home) for one in self.methods(base, names, depth + 1)]

    def bases(self, definition: Definition, home: Source) -> list[int]:
        """Return the classes of the project that the header or the body of a class names."""
        found: list[int] = []
        for path, use in definition.refs:
            if use & NOW:
                target = self._resolver.resolve(home, path)
                if not target.rest:
                    found.extend(one for one in target.definitions if self._sources.definitions[one].kind == "class")
        return found

    def classes_of(self, number: int) -> list[int]:
        """Return the classes of the project of which a constant may be an instance."""
        definition, home = self._sources.look(number)
        found = []
        for path, use in definition.refs:
            if use & CALLED and use & NOW:
                for one in self._resolver.resolve(home, path).definitions:
                    if self._sources.definitions[one].kind == "class":
                        found.append(one)
        return found

    def classes_made_by(self, number: int) -> list[int]:
        """Return the classes of the project of which a function may give an instance."""
        definition, home = self._sources.look(number)
        called = [self._resolver.resolve(home, path) for path, use in definition.refs if use & CALLED]
        found = [one for target in called if not target.rest for one in target.definitions]
        return [one for one in found if self._sources.definitions[one].kind == "class"]

    def functions_in(self, number: int) -> list[int]:
        """Return the functions that a constant holds, as far as its own statement names them."""
        definition, home = self._sources.look(number)
        found = []
        for path, _ in definition.refs:
            for one in self._resolver.resolve(home, path).definitions:
                if self._sources.definitions[one].kind == "func" and one != number:
                    found.append(one)
        return found

    def bound_to(self, number: int) -> set[Name]:
        """Return the names of constants of which a constant is a method: ``keep = ITEMS.append``."""
        definition, home = self._sources.look(number)
        names: set[Name] = set()
        for path, use in definition.refs:
            target = self._resolver.resolve(home, path)
            if use & VALUE and target.rest:
                kinds = {self._sources.definitions[one].kind for one in target.definitions if one != number}
                if kinds & {"const", "class"}:
                    names.update(target.names)
        return names

    def aliases(self, number: int, depth: int = 0) -> set[Name]:
        """Return the names whose objects a constant may be, or hold so that its methods change them."""
        definition, home = self._sources.look(number)
        if definition.marks & CONTAINER or depth > 10:
            return set()
        if definition.kind == "class":
            return self._attributes(number)
        if definition.kind != "const":
            return set()
        called = [path for path, use in definition.refs if use & CALLED]
        others = [path for path, use in definition.refs if use & VALUE and not use & CALLED]
        if (called and not self.classes_of(number)) or (not called and len(others) != 1):
            others = []
        names: set[Name] = set()
        for path in (*others, *(path for path in called if not self.classes_of(number))):
            target = self._resolver.resolve(home, path)
            for one in target.definitions:
                if self._sources.definitions[one].kind == "const" and one != number:
                    names |= set(target.names) | self.aliases(one, depth + 1)
        for each in self.classes_of(number):
            names |= self._attributes(each)
        return names

    def read_by(self, number: int) -> set[Name]:
        """Return the names of constants that a function reads: it may give one of them back."""
        definition, home = self._sources.look(number)
        names: set[Name] = set()
        for path, use in definition.refs:
            if use & VALUE:
                target = self._resolver.resolve(home, path)
                if any(self._sources.definitions[one].kind == "const" for one in target.definitions):
                    names.update(target.names)
        return names

    def _attributes(self, number: int) -> set[Name]:
        """Return the names of changeable constants that are attributes of a class under another name."""
        definition, home = self._sources.look(number)
        names: set[Name] = set()
        for path, use in definition.refs:
            if use & VALUE and use & NOW:
                target = self._resolver.resolve(home, path)
                found = [self._sources.definitions[one] for one in target.definitions]
                if any(one.kind == "const" and not one.marks & FROZEN for one in found):
                    names.update(target.names)
        return names

    def is_own(self, number: int) -> bool:
        """Whether a constant is one of Pivot's own objects: a pipeline calls none of its stages when they register."""
        definition, home = self._sources.look(number)
        targets = [self._resolver.resolve(home, path) for path, use in definition.refs if use & CALLED and use & NOW]
        return any(target.external.partition(".")[0] in OWN_PACKAGES for target in targets)

    def is_stateful(self, number: int) -> bool:
        """Whether a constant is an object from outside the project that every use changes: a generator of numbers."""
        definition, home = self._sources.look(number)
        targets = [self._resolver.resolve(home, path) for path, use in definition.refs if use & CALLED and use & NOW]
        return any(target.external in _STATEFUL for target in targets)
