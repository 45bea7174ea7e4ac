"""What an object of the project may be, by its statements: an instance of a class, or another name of something.

Serves ``effects``, which asks what is changed when an object is changed, and ``graph``. In doubt an object may be more
than one thing: then all of them count.
"""

from pivot_fingerprint.definitions import CALLED, CONTAINER, FROZEN, NOW, SHARES, VALUE, Definition
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

    def owner(self, method: int) -> Name:
        """Return the name of the class of a method; its own if it is part of a statement that makes the class."""
        home, of = self._sources.homes[method], self._sources.definitions[method].owner
        return home.name, self._sources.definitions[home.first + of if of >= 0 else method].name

    def bases(self, definition: Definition, home: Source) -> list[int]:
        """Return the classes of the project that the header or the body of a class names."""
        found: list[int] = []
        for path, use in definition.refs:
            if use & NOW:
                target = self._resolver.resolve(home, path)
                if not target.rest:
                    found.extend(one for one in target.definitions if self._sources.definitions[one].kind == "class")
        return found

    def inherited(self, number: int, attributes: set[str]) -> set[Name]:
        """Return the names of those bases of a class that have one of these attributes in common with it."""
        names: set[Name] = set()
        seen = {number}
        stack = [number]
        while stack:
            definition, home = self._sources.look(stack.pop())
            bases = set(self.bases(definition, home)) - seen
            seen |= bases
            stack.extend(bases)
            for base in bases:
                one, of = self._sources.look(base)
                if one.marks & SHARES and not attributes.isdisjoint(one.members):
                    names.add((of.name, one.name))
        return names

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

    def aliases(self, number: int, *, inside: bool = False) -> set[Name]:
        """Return the names whose objects something may be, or hold so that its methods change them.

        Of a container only what is ``inside`` changes others.
        """
        names: set[Name] = set()
        seen = {number}
        stack = [number]
        while stack:
            one = stack.pop()
            found, others = self._other_names(one, inside=inside or one != number)
            names |= found
            stack.extend(others - seen)
            seen |= others
        return names

    def _other_names(self, number: int, *, inside: bool) -> tuple[set[Name], set[int]]:
        """Return what a definition by itself says for ``aliases``, and the definitions that have more to say."""
        definition, home = self._sources.look(number)
        if definition.kind == "class":
            return self._attributes(number), set()
        if definition.kind != "const" or (definition.marks & CONTAINER and not inside):
            return set(), set()
        classes = self.classes_of(number)
        called = [path for path, use in definition.refs if use & CALLED]
        kept = [path for path, use in definition.refs if use & VALUE and not use & CALLED]
        names: set[Name] = set().union(*map(self._attributes, classes))
        others: set[int] = set()
        for path in ([] if called and not classes and not inside else kept) + called:
            target = self._resolver.resolve(home, path)
            for one in target.definitions:
                other = self._sources.definitions[one]
                if one == number or other.marks & FROZEN:
                    continue
                if path in kept or (other.kind == "const" and not classes):
                    names.update(target.names)
                    others.add(one)
                elif other.kind == "class" and target.rest:  # a method may give what its class keeps
                    names.update(target.names)
                elif other.kind == "func" and not target.rest:
                    names |= self.given_by(one)
        return names, others

    def given_by(self, number: int) -> set[Name]:
        """Return the names of what a function may give back without making it anew: constants that it reads, and its
        own if what decorates it may keep what it gave."""
        definition, home = self._sources.look(number)
        names: set[Name] = {(home.name, name) for name in definition.binds if definition.header}
        for path, use in definition.refs:
            if use & VALUE:
                target = self._resolver.resolve(home, path)
                found = [self._sources.definitions[one] for one in target.definitions]
                if any(one.kind == "const" and not one.marks & FROZEN for one in found):
                    names.update(target.names)
        return names

    def _attributes(self, number: int) -> set[Name]:
        """Return the names of what all instances of a class share: constants that are its attributes under another
        name, and the class itself if it has such attributes of its own."""
        names: set[Name] = set()
        seen = {number}
        stack = [number]
        while stack:
            definition, home = self._sources.look(stack.pop())
            names.update([(home.name, definition.name)] if definition.marks & SHARES else [])
            for path, use in definition.refs:
                if use & VALUE and use & NOW:
                    target = self._resolver.resolve(home, path)
                    found = [self._sources.definitions[one] for one in target.definitions]
                    if any(one.kind == "const" and not one.marks & FROZEN for one in found):
                        names.update(target.names)
            bases = set(self.bases(definition, home)) - seen
            seen |= bases
            stack.extend(bases)
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
