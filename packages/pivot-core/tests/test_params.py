"""Parameters: joined from defaults, code and file; the same after a way through JSON."""

import datetime as dt
import enum
import math
from pathlib import Path
from typing import Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pivot
from pivot.errors import DeclarationError
from pivot.params import Invalid, join, pack, unpack


class Optimizer(pydantic.BaseModel):
    rate: float = 0.1
    steps: int = 10


class Kind(enum.Enum):
    LINEAR = "linear"
    DEEP = "deep"


class Params(pivot.StageParams):
    seed: int = 0
    kind: Kind = Kind.LINEAR
    optimizer: Optimizer = Optimizer(rate=0.5)
    weights: dict[str, float] = pydantic.Field(default={"a": 1.0})
    limit: float = math.inf
    day: dt.date = dt.date(2024, 1, 1)
    file: Path = Path("x")
    pair: tuple[int, str] = (1, "a")
    chosen: set[int] = pydantic.Field(default={3})
    mode: Literal["fast", "slow"] = "fast"
    data: bytes = b"x"
    maybe: int | None = None


class Strict(pivot.StageParams):
    rate: float = 0.1


class Nested(pivot.StageParams):
    optimizer: Strict = Strict()


class Required(pivot.StageParams):
    name: str
    optimizer: Optimizer


def test_defaults_then_the_code_then_the_file() -> None:
    assert join(Params, None, {}) == Params()
    assert join(Params, {"seed": 1}, {}).seed == 1
    assert join(Params, {"seed": 1}, {"seed": 2}).seed == 2
    assert join(Params, Params(seed=1, mode="slow"), {"seed": 2}) == Params(seed=2, mode="slow")


def test_a_model_in_a_model_is_joined_field_by_field_anything_else_is_replaced() -> None:
    joined = join(Params, {"optimizer": {"steps": 3}}, {"optimizer": {"steps": 4}, "weights": {"b": 2}})
    assert isinstance(joined, Params)
    assert joined.optimizer == Optimizer(rate=0.5, steps=4)
    assert joined.weights == {"b": 2.0}
    assert join(Params, {"optimizer": {"rate": 0.9}}, {"optimizer": {"steps": 4}}) == Params(
        optimizer=Optimizer(rate=0.9, steps=4)
    )
    assert join(Params, Params(optimizer=Optimizer(steps=7)), {"optimizer": {"rate": 1}}) == Params(
        optimizer=Optimizer(rate=1, steps=7)
    )


def test_required_values_may_come_from_either() -> None:
    joined = join(Required, {"optimizer": {"rate": 0.9}}, {"name": "x", "optimizer": {"steps": 1}})
    assert joined == Required(name="x", optimizer=Optimizer(rate=0.9, steps=1))


@pytest.mark.parametrize(
    ("kind", "told", "keys", "problem", "hint"),
    [
        (Params, {"sead": 1}, ("sead",), "Params has no parameter sead", "did you mean seed?"),
        (
            Nested,
            {"optimizer": {"raet": 1}},
            ("optimizer", "raet"),
            "Nested has no parameter optimizer.raet",
            "did you mean rate?",
        ),
        (Params, {"seed": "x"}, ("seed",), "the parameter seed is wrong: input should be a valid integer", None),
        (Params, {"optimizer": {"rate": "x"}}, ("optimizer", "rate"), "the parameter optimizer.rate is wrong", None),
        (Required, {"optimizer": {}}, ("name",), "the parameter name has no value", "give it in params.yaml"),
    ],
)
def test_values_that_do_not_fit(
    kind: type[pivot.StageParams], told: dict[str, Any], keys: tuple[str, ...], problem: str, hint: str | None
) -> None:
    with pytest.raises(Invalid) as caught:
        join(kind, None, told)
    assert caught.value.keys == keys
    assert caught.value.problem.startswith(problem)
    assert (caught.value.hint or "").startswith(hint or "")


def test_a_default_of_the_wrong_type_is_found() -> None:
    class Wrong(pivot.StageParams):
        seed: int = "x"  # the mistake

    with pytest.raises(Invalid, match="the parameter seed is wrong"):
        join(Wrong, None, {})


@given(
    seed=st.integers(),
    kind=st.sampled_from(Kind),
    rate=st.floats(allow_nan=False),
    weights=st.dictionaries(st.text(st.characters(codec="utf-8")), st.floats(allow_nan=False)),
    day=st.dates(),
    chosen=st.sets(st.integers(-(2**31), 2**31)),
)
def test_what_is_packed_is_unpacked(**values: Any) -> None:
    rate = values.pop("rate")
    params = Params(**values, optimizer=Optimizer(rate=rate))
    if -(2**63) <= params.seed < 2**64:
        assert unpack(Params, pack(params)) == params
    else:
        with pytest.raises(DeclarationError, match="cannot be written as JSON"):
            pack(params)


def test_infinities_and_not_a_number_survive() -> None:
    class Limits(pivot.StageParams):
        low: float = -math.inf
        high: float = math.inf
        unknown: float = math.nan
        many: list[float] = pydantic.Field(default=[math.inf])

    packed = pack(Limits())
    assert packed == {"low": "-Infinity", "high": "Infinity", "unknown": "NaN", "many": ["Infinity"]}
    again = unpack(Limits, packed)
    assert (again.low, again.high, again.many) == (-math.inf, math.inf, [math.inf])
    assert math.isnan(again.unknown)


def test_a_strict_class_is_read_back_as_json() -> None:
    class Strict(pivot.StageParams):
        model_config = pydantic.ConfigDict(strict=True)
        day: dt.date = dt.date(2024, 1, 1)
        pair: tuple[int, int] = (1, 2)

    assert unpack(Strict, pack(Strict())) == Strict()


def test_aliases_are_accepted_and_names_are_recorded() -> None:
    class Aliased(pivot.StageParams):
        rate: float = pydantic.Field(0.1, alias="learning-rate")

    params = join(Aliased, None, {"learning-rate": 0.5})
    assert pack(params) == {"rate": 0.5}
    assert unpack(Aliased, pack(params)) == params


def test_what_json_cannot_hold_is_refused() -> None:
    class Odd(pivot.StageParams):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        thing: object = object()

    with pytest.raises(DeclarationError) as caught:
        pack(Odd())
    assert caught.value.problem.startswith("the parameters Odd cannot be written as JSON")


def test_sets_are_written_in_one_order_in_every_process() -> None:
    class Chosen(pivot.StageParams):
        names: set[str] = pydantic.Field(default={"b", "a", "c"})
        pairs: list[frozenset[int]] = pydantic.Field(default=[frozenset({15, 7})])

    assert pack(Chosen()) == {"names": ["a", "b", "c"], "pairs": [[15, 7]]}
    assert unpack(Chosen, pack(Chosen())) == Chosen()


def test_what_changes_on_the_way_is_refused() -> None:
    class Lossy(pivot.StageParams):
        value: float = 1.0

        @pydantic.field_serializer("value")
        def shorten(self, value: float) -> float:
            return value / 2

    with pytest.raises(DeclarationError, match="the parameter value of Lossy is not the same after a way through JSON"):
        pack(Lossy())
