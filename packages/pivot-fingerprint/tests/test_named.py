"""The same classes, once with our NamedTuple and once with that of the standard library: no difference can be seen."""

import copy
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest

from pivot_fingerprint import named


class Ours(named.NamedTuple):
    """Something."""

    name: str
    size: int = 2
    rest: tuple[int, ...] = ()

    @property
    def twice(self) -> int:
        return 2 * self.size

    @classmethod
    def of(cls, name: str) -> "Ours":
        return cls(name, 7)


class Theirs(typing.NamedTuple):
    """Something."""

    name: str
    size: int = 2
    rest: tuple[int, ...] = ()

    @property
    def twice(self) -> int:
        return 2 * self.size

    @classmethod
    def of(cls, name: str) -> "Theirs":
        return cls(name, 7)


def matched(one: Any) -> Any:
    match one:
        case Ours("a", size) | Theirs("a", size):
            return size
        case _:
            return None


SAME: list[Callable[[Any], Any]] = [
    lambda kind: kind("a"),
    lambda kind: kind("a", 3),
    lambda kind: kind("a", 3, (1,)),
    lambda kind: kind("a", rest=(1,)),
    lambda kind: kind(size=4, name="b"),
    lambda kind: repr(kind("a")).partition("(")[2],
    lambda kind: kind("a").twice,
    lambda kind: kind.of("a"),
    lambda kind: kind("a")._replace(size=5),
    lambda kind: copy.replace(kind("a"), size=5),
    lambda kind: copy.deepcopy(kind("a", 1, (2,))),
    lambda kind: kind("a")._asdict(),
    lambda kind: kind._make(["a", 1, ()]),
    lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__, kind.__doc__),
    lambda kind: pickle.loads(pickle.dumps(kind("a"))),
    lambda kind: type(pickle.loads(pickle.dumps(kind("a")))) is kind,
    lambda kind: matched(kind("a", 9)),
    lambda kind: kind("a") == ("a", 2, ()),
    lambda kind: hash(kind("a")) == hash(("a", 2, ())),
    lambda kind: kind("a") < kind("b"),
    lambda kind: [*kind("a")],
    lambda kind: hasattr(kind("a"), "__dict__"),
    typing.get_type_hints,
    lambda kind: isinstance(kind("a"), tuple),
]


@pytest.mark.parametrize("use", SAME)
def test_it_does_the_same(use: Callable[[Any], Any]) -> None:
    assert use(Ours) == use(Theirs)


WRONG: list[Callable[[Any], Any]] = [
    lambda kind: kind(),
    lambda kind: kind("a", 1, (), 4),
    lambda kind: kind("a", name="b"),
    lambda kind: kind("a", other=1),
    lambda kind: kind("a")._replace(other=1),
    lambda kind: kind._make([]),
]


@pytest.mark.parametrize("use", WRONG)
def test_it_takes_no_more_and_no_less(use: Callable[[Any], Any]) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises((TypeError, ValueError)):
            use(kind)


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Ours("a").size = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Ours("a").other = 3  # type: ignore[attr-defined]


def test_a_class_made_from_one_has_its_fields() -> None:
    class Special(Ours):
        @property
        def thrice(self) -> int:
            return 3 * self.size

    assert (Special("a").thrice, Special._fields, Special("a")._replace(size=1)) == (6, Ours._fields, ("a", 1, ()))
    assert not hasattr(Special("a"), "__dict__")
