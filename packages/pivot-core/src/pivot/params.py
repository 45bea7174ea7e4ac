"""Parameters of a stage: their class, their values from all sources, their form in manifests.

Imports pydantic, so nothing imports this module before a pipeline asks for ``pivot.StageParams``. The file
``params.yaml`` itself is read by ``params_file``.
"""

import math
from collections.abc import Mapping, Sequence, Set
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticSerializationError

from pivot.errors import DeclarationError
from pivot.suggest import did_you_mean

PLAIN = "use plain values: numbers, texts, lists, dicts, dates, paths, enums"


class StageParams(BaseModel):
    """Base of a stage's parameters: fields with types and defaults; unknown names are refused.

    A parameter of the stage's function is annotated with the subclass. Its values are the defaults, then what
    ``register`` was given, then what ``params.yaml`` says under the stage's name. A model inside a model is joined
    field by field; everything else is replaced whole.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True, populate_by_name=True)


class Invalid(Exception):
    """Values that do not fit a class: ``keys`` lead to the value, ``problem`` says what is wrong with it."""

    def __init__(self, keys: tuple[str | int, ...], problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.keys = keys
        self.problem = problem
        self.hint = hint


def join[Params: StageParams](
    kind: type[Params], given: StageParams | Mapping[str, Any] | None, told: Mapping[str, Any]
) -> Params:
    """Return the parameters: defaults of ``kind``, then ``given`` in the code, then ``told`` by a file.

    Raises Invalid.
    """
    base = _dump(given) if isinstance(given, BaseModel) else _overlay(kind, {}, given or {})
    try:
        return kind.model_validate(_overlay(kind, base, told))
    except ValidationError as error:
        raise _invalid(error, kind) from None


def pack(params: StageParams) -> dict[str, Any]:
    """Return parameters as JSON data from which ``unpack`` makes them again.

    Raises DeclarationError for a value that JSON cannot hold.
    """
    kind = type(params)
    try:
        data = _written(params)
        again = _written(unpack(kind, data))
    except (PydanticSerializationError, ValueError, TypeError) as error:
        problem = f"the parameters {kind.__name__} cannot be written as JSON: {_reason(error, kind)}"
        raise DeclarationError(problem, hint=PLAIN) from None
    for name, value in data.items():
        if again.get(name) != value:
            problem = f"the parameter {name} of {kind.__name__} is not the same after a way through JSON"
            raise DeclarationError(problem, hint=PLAIN)
    return data


def unpack[Params: StageParams](kind: type[Params], data: Mapping[str, Any]) -> Params:
    """Return the parameters that ``pack`` wrote, validated again as JSON. Raises pydantic.ValidationError."""
    return kind.model_validate_json(orjson.dumps(data))


def _written(params: StageParams) -> dict[str, Any]:
    data = _ordered(params.model_dump(mode="json"), params.model_dump())
    written: dict[str, Any] = orjson.loads(orjson.dumps(_finite(data)))
    return written


def _ordered(data: Any, value: Any) -> Any:
    """Return the JSON data of a value with its sets in an order that does not change from one process to the next."""
    if isinstance(data, list) and isinstance(value, Set):
        return sorted(data, key=_canonical)
    if isinstance(data, dict) and isinstance(value, Mapping):
        return {key: _ordered(one, part) for (key, one), part in zip(data.items(), value.values(), strict=True)}
    if isinstance(data, list) and isinstance(value, list | tuple) and len(data) == len(value):
        return [_ordered(one, part) for one, part in zip(data, value, strict=True)]
    return data


def _canonical(data: Any) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def _overlay(kind: type[BaseModel], base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``given``; where a field is a model, it is joined field by field."""
    joined = dict(base)
    for key, value in given.items():
        before = joined[key] if key in joined else _default(kind, key)
        inner = _model(kind, key, before)
        if inner is not None and isinstance(value, Mapping):
            fields = _dump(before) if isinstance(before, BaseModel) else before
            joined[key] = _overlay(inner, fields if isinstance(fields, Mapping) else {}, value)
        else:
            joined[key] = value
    return joined


def _model(kind: type[BaseModel], key: str, before: Any) -> type[BaseModel] | None:
    """Return the class of a field that is a model, None for any other field."""
    if isinstance(before, BaseModel):
        return type(before)
    field = kind.model_fields.get(key)
    annotation = field.annotation if field else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _default(kind: type[BaseModel], key: str) -> Any:
    field = kind.model_fields.get(key)
    try:
        return None if field is None else field.get_default(call_default_factory=True)
    except (TypeError, ValueError):  # a factory that needs the values of other fields
        return None


def _dump(model: BaseModel) -> dict[str, Any]:
    """Return the fields of a model as they are, models inside it too."""
    return {name: getattr(model, name) for name in type(model).model_fields} | (model.model_extra or {})


def _finite(value: Any) -> Any:
    """Return JSON data with infinities and not-a-number as the texts that pydantic reads as these numbers."""
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case list():
            return [_finite(one) for one in value]
        case _:
            return value


def _invalid(error: ValidationError, kind: type[BaseModel]) -> Invalid:
    first = error.errors(include_url=False, include_context=False)[0]
    keys, problem = first["loc"], first["msg"]
    name = ".".join(map(str, keys))
    if first["type"] == "extra_forbidden":
        return Invalid(keys, f"{kind.__name__} has no parameter {name}", _meant(keys, kind))
    if first["type"] == "missing":
        return Invalid(
            keys, f"the parameter {name} has no value", "give it in params.yaml or in register(params={...})"
        )
    return Invalid(keys, f"the parameter {name} is wrong: {problem[:1].lower()}{problem[1:]}" if name else problem)


def _meant(keys: Sequence[str | int], kind: type[BaseModel] | None) -> str | None:
    """Return a hint for the last of the keys that lead to a field that is not there."""
    for key in keys[:-1]:
        kind = _model(kind, str(key), None) if kind is not None else None
    return did_you_mean(str(keys[-1]), kind.model_fields) if kind is not None else None


def _reason(error: Exception, kind: type[BaseModel]) -> str:
    return _invalid(error, kind).problem if isinstance(error, ValidationError) else str(error).partition("\n")[0]
