"""Whether anything can read the annotations of a definition, as far as its own header says.

Code that reads the annotations of whatever it is given is recognised elsewhere, by the names that it mentions (see
``vocabulary``); then the annotations of all that is reached count.
"""

from pivot_fingerprint.definitions import PLAIN, Definition
from pivot_fingerprint.resolve import Resolver, Target
from pivot_fingerprint.sources import Source

# Decorators from outside the project that read no annotations.
_HARMLESS = frozenset(
    [
        "property",
        "staticmethod",
        "classmethod",
        "functools.lru_cache",
        "functools.cache",
        "functools.cached_property",
        "functools.wraps",
        "functools.total_ordering",
        "functools.partialmethod",
        "functools.singledispatch",
        "functools.singledispatchmethod",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
        "abc.abstractmethod",
        "typing.override",
        "typing.final",
        "typing.no_type_check",
        "typing_extensions.override",
        "typing_extensions.final",
        "numba.njit",
        "numba.jit",
        "numba.vectorize",
        "numba.guvectorize",
        "joblib.delayed",
        "dask.delayed",
        "atexit.register",
        "pytest.fixture",
        "tenacity.retry",
        "torch.no_grad",
        "torch.jit.ignore",
        "jax.jit",
        "retry.retry",
    ]
)
_PLAIN_BASES = frozenset(["object", "abc.ABC", "typing.Generic"])


class Visibility:
    """Finds for definitions, by their numbers, whether their annotations can be read."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._sources = resolver.sources
        self._known: dict[int, bool] = {}

    def is_noted(self, number: int) -> bool:
        """Whether something can read the annotations of a definition, whoever reaches it."""
        found = self._known.get(number)
        if found is None:
            home = self._sources.homes[number]
            with self._sources.asking(home):
                definition = self._sources.definitions[number]
                found = bool(definition.annotated) and self._can_be_read(definition, home)
            self._known[number] = found
        return found

    def _can_be_read(self, definition: Definition, home: Source) -> bool:
        if definition.kind == "class":
            return not self._is_plain(definition, home, set())
        for path in definition.header:
            target = self._resolver.resolve(home, path)
            if target.definitions:
                if target.rest:  # a decorating method: functools.singledispatch reads annotations, others may
                    return True
            elif target.identity not in _HARMLESS:
                return True
        return False

    def is_plain(self, number: int) -> bool:
        """Whether nothing looks into a class while it is made."""
        home = self._sources.homes[number]
        with self._sources.asking(home):
            return self._is_plain(self._sources.definitions[number], home, set())

    def _is_plain(self, definition: Definition, home: Source, seen: set[str]) -> bool:
        """Whether a class is made by ``type`` itself and inherits only from such classes: none reads annotations."""
        if not definition.marks & PLAIN:
            return False
        seen.add(f"{home.name}:{definition.name}")
        return all(self._is_plain_base(self._resolver.resolve(home, path), seen) for path in definition.header)

    def _is_plain_base(self, base: Target, seen: set[str]) -> bool:
        if not base.definitions:
            return base.identity in _PLAIN_BASES or base.identity.endswith(("Error", "Exception", "Warning"))
        for number in base.definitions:
            definition, home = self._sources.look(number)
            if definition.kind != "class":
                return False
            if f"{home.name}:{definition.name}" not in seen and not self._is_plain(definition, home, seen):
                return False
        return True
