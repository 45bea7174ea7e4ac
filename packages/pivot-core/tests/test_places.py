import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest

from pivot.places import Place, function_place, key_place, parameter_place, plain_function, return_place


class Made(TypedDict):
    first: int
    second: str


def noted(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@noted
def decorated(
    one: int,
    *,
    two: str,
) -> Made: ...


class Instance:
    def __call__(self, one: int) -> None: ...

    def method(self, one: int) -> None: ...


by_lambda = lambda one: one  # noqa: E731 - a lambda is what is looked for


def line(text: str) -> int:
    """Return the first line of this file that begins with a text."""
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, one in enumerate(lines, 1) if one.strip().startswith(text))


@pytest.mark.parametrize(
    "function",
    [
        decorated,
        functools.partial(decorated, 1),
        functools.partial(functools.partial(decorated, two="x"), one=1),
        functools.partial(noted(decorated), 1),
    ],
)
def test_the_function_that_was_written_is_found(function: Callable[..., Any]) -> None:
    assert plain_function(function) is inspect.unwrap(decorated)


def test_methods_and_callable_instances_lead_to_their_functions() -> None:
    assert plain_function(Instance().method) is Instance.method
    assert plain_function(Instance()) is Instance.__call__


def test_places_of_a_function_its_parameters_and_its_return_annotation() -> None:
    assert function_place(decorated) == Place(__file__, line("@noted"))
    assert parameter_place(decorated, "one") == Place(__file__, line("one: int,"))
    assert parameter_place(decorated, "two") == Place(__file__, line("two: str,"))
    assert return_place(decorated) == Place(__file__, line(") -> Made"))


def test_an_unknown_parameter_is_where_the_function_is() -> None:
    assert parameter_place(decorated, "three") == function_place(decorated)


def test_a_lambda_has_parameters_too() -> None:
    assert parameter_place(by_lambda, "one") == Place(__file__, line("by_lambda ="))
    assert return_place(by_lambda) == Place(__file__, line("by_lambda ="))


def test_a_builtin_has_no_place() -> None:
    assert function_place(len) is None
    assert function_place(eval("lambda: 1")) is None
    assert parameter_place(len, "obj") is None
    assert return_place(len) is None


def test_keys_of_a_typed_dict() -> None:
    assert key_place(Made, "second") == Place(__file__, line("second: str"))
    assert key_place(Made, "third") == Place(__file__, line("class Made"))


def test_without_the_source_a_place_is_the_line_alone(tmp_path: Path) -> None:
    space: dict[str, Any] = {}
    exec(compile("\ndef gone(one): ...", str(tmp_path / "gone.py"), "exec"), space)
    assert parameter_place(space["gone"], "one") == Place(str(tmp_path / "gone.py"), 2)
