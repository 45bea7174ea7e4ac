import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, ReadOnly, Required, TypedDict

import pytest

from pivot.annotations import MISSING, Annotation, evaluate, keys, parameters, returned

if TYPE_CHECKING:
    from decimal import Decimal

type Raw = Annotated[dict[str, Any], "raw"]


def own(annotation: Any, scope: dict[str, Any] | None = None) -> Annotation:
    def function() -> None: ...

    return evaluate(annotation, function, scope or {})


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (int, Annotation(int)),
        (Annotated[int, 1, 2], Annotation(int, (1, 2))),
        ("int", Annotation(int)),
        ("Annotated[int, 1]", Annotation(int, (1,))),
        (Annotated["int", 1], Annotation(int, (1,))),
        (Annotated["list[int]", 1], Annotation(list[int], (1,))),
        (Raw, Annotation(dict[str, Any], ("raw",))),
        ("Raw", Annotation(dict[str, Any], ("raw",))),
        (Annotated[Raw, 2], Annotation(dict[str, Any], ("raw", 2))),
        (NotRequired[Annotated[int, 1]], Annotation(int, (1,))),
        (Annotated[Required[ReadOnly[int]], 1], Annotation(int, (1,))),
        (None, Annotation(None)),
    ],
)
def test_annotations_of_every_form(written: Any, found: Annotation) -> None:
    assert own(written) == found


def test_a_type_for_type_checkers_alone_may_stand_in_quotes_beside_metadata() -> None:
    found = own(Annotated["Decimal", 1])
    assert found.metadata == (1,)


def test_another_unknown_name_is_an_error() -> None:
    with pytest.raises(NameError, match="Decimal"):
        own("Decimal")
    with pytest.raises(NameError, match="Decimal"):
        own("Annotated[Decimal, 1]")


def test_names_come_from_the_function_then_from_where_it_is_registered() -> None:
    captured = "captured"

    def function() -> str:
        return captured

    assert evaluate("Annotated[int, captured]", function, {"captured": "scope"}) == Annotation(int, ("captured",))
    assert evaluate("Annotated[int, seen]", function, {"seen": "scope"}) == Annotation(int, ("scope",))


def test_type_parameters_are_names_too() -> None:
    def function[T]() -> None: ...

    assert evaluate("list[T]", function, {}).type == list[function.__type_params__[0]]


def test_parameters_are_those_that_a_call_still_has_to_give() -> None:
    def function(first: int, second: str = "x", *, third: float) -> None: ...

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None: ...

    class Instance:
        def __call__(self, only: int) -> None: ...

    def names(one: Callable[..., Any]) -> list[str]:
        return [parameter.name for parameter in parameters(one)]

    assert names(function) == names(wrapped) == ["first", "second", "third"]
    assert names(functools.partial(function, 1)) == ["second", "third"]
    assert names(Instance()) == ["only"]
    assert returned(function) is None
    assert returned(lambda: 1) is MISSING


class Base(TypedDict):
    first: Annotated[int, 1]


class Made(Base, total=False):
    second: "Annotated[int, 2]"
    third: Required[Annotated["Decimal", 3]]
    fourth: NotRequired["Annotated[int, local]"]  # noqa: F821 - a name of where it is registered


def test_keys_of_a_typed_dict_with_those_that_it_inherits() -> None:
    found = {key: evaluation().metadata for key, evaluation in keys(Made, {"local": 4}).items()}
    assert found == {"first": (1,), "second": (2,), "third": (3,), "fourth": (4,)}
