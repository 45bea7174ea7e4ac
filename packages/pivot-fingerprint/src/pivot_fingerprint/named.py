"""Named tuples that are quick to define, in place of those of ``typing``, which they are for type checkers.

Those compile a function for each class and take 125 µs; these take a sixth of it, and 0.2 µs more for each instance.
A command that finds something changed defines some 80 classes before it does anything.
"""

import sys
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING or sys.version_info >= (3, 14):  # there the body of a class does not hold its annotations
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter as _field

    class _Meta(type):
        """Makes the annotated names of a class the fields of a tuple, and what they are given in it their defaults."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            body["__slots__"] = ()
            if bases[0].__base__ is tuple:
                fields = tuple(body.get("__annotations__", ()))
                body["_field_defaults"] = {field: body[field] for field in fields if field in body}
                body["_fields"] = body["__match_args__"] = fields
                body |= {field: _field(place, None) for place, field in enumerate(fields)}
            return super().__new__(cls, name, bases, body)

    class NamedTuple(tuple, metaclass=_Meta):
        """A tuple whose fields have names; does all that ``collections.namedtuple`` documents."""

        _fields = ()
        _field_defaults = MappingProxyType({})

        def __new__(cls, *values: Any, **named: Any) -> Self:
            if named or len(values) != len(cls._fields):
                return cls.__complete(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def __complete(cls, values: tuple[Any, ...], named: dict[str, Any]) -> Self:
            left = cls._fields[len(values) :]
            given = cls._field_defaults
            if named:
                given = given | named
                if not named.keys() <= {*left}:
                    raise TypeError(f"{cls.__name__} was given {', '.join(named)}, and takes {', '.join(left)}")
            try:
                return cls._make([*values, *[given[field] for field in left]])
            except KeyError as missing:
                raise TypeError(f"{cls.__name__} lacks {missing}") from None

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Self:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, not {len(made)}")
            return made

        def _replace(self, **named: Any) -> Self:
            return type(self)(**self._asdict() | named)

        __replace__ = _replace

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"
