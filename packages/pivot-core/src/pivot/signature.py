"""From a function's parameters to a stage's inputs and parameters, joined with what ``register`` was told.

Every mistake raises DeclarationError with the argument, the file and the line where it stands; the name of the stage is
added by ``pipeline``, the only caller. The outputs are read by ``returns``.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from pivot.annotations import MISSING, Annotation, evaluate, parameters
from pivot.declaration import (
    DepOverrides,
    OutOverrides,
    Site,
    blame,
    check_names,
    declared_dep,
    evaluated,
    override_dep,
    placed_dep,
)
from pivot.declare import Dep, Output
from pivot.errors import DeclarationError
from pivot.places import parameter_place
from pivot.returns import read_outputs
from pivot_fingerprint.named import NamedTuple


class Interface(NamedTuple):
    """What a stage reads, makes and is told. The paths are absolute.

    ``single`` means that the function returns the one value of ``outs[""]`` itself, not a dict of values.
    ``params_param`` is the parameter that receives the ``StageParams``, of the type ``params_type``; both None where
    there is none. ``params`` are the values given in the code, before any file: an instance, a mapping of some of them,
    or None.
    """

    deps: dict[str, Dep]
    outs: dict[str, Output]
    single: bool
    params_param: str | None
    params_type: type[Any] | None
    params: Any


class _Argument(NamedTuple):
    name: str
    annotation: Annotation
    default: Any  # MISSING if a call has to give a value
    bound: bool  # a partial gives its value already


def read_interface(
    function: Callable[..., Any], site: Site, *, deps: DepOverrides, outs: OutOverrides | None, params: Any
) -> Interface:
    """Return what a function declares. Raises DeclarationError."""
    arguments = _arguments(function, site)
    inputs = _inputs(function, arguments, site, deps)
    free = [one for one in arguments if one.name not in inputs and not one.bound]
    told = _told(function, free)
    for argument in free:
        if argument is not told and argument.default is MISSING:
            with blame(argument.name, partial(parameter_place, function, argument.name)):
                raise _undeclared(argument)
    with blame(told.name if told else None, site.here):
        params_type, given = _params(told, params)
    made, single = read_outputs(function, site, outs)
    return Interface(inputs, made, single, told.name if told else None, params_type, given)


def is_params(kind: object) -> bool:
    """Return whether something is a subclass of ``pivot.StageParams``, without importing pydantic to find out."""
    module = sys.modules.get("pivot.params")
    return module is not None and isinstance(kind, type) and issubclass(kind, module.StageParams)


def _arguments(function: Callable[..., Any], site: Site) -> list[_Argument]:
    try:
        listed = parameters(function)
    except (ValueError, TypeError):
        with blame(None, site.here):
            hint = "write a Python function that calls it"
            raise DeclarationError("the parameters of the function cannot be read", hint=hint) from None
    keywords = function.keywords if isinstance(function, partial) else {}
    found = []
    for parameter in listed:
        with blame(parameter.name, partial(parameter_place, function, parameter.name)):
            _check_kind(parameter)
            found.append(
                _Argument(
                    parameter.name,
                    _annotation(function, parameter, site),
                    parameter.default,
                    parameter.name in keywords,
                )
            )
    return found


def _check_kind(parameter: inspect.Parameter) -> None:
    if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else "**"
        raise DeclarationError(
            f"a stage cannot take {stars}{parameter.name}", hint="name each input as a parameter of its own"
        )
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        problem = f"{parameter.name} can only be given by position, but inputs are given by name"
        raise DeclarationError(problem, hint="remove the / from the parameters")


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter, site: Site) -> Annotation:
    if parameter.annotation is MISSING:
        return Annotation(MISSING)
    return evaluated(lambda: evaluate(parameter.annotation, function, site.scope), parameter.name)


def _inputs(
    function: Callable[..., Any], arguments: Iterable[_Argument], site: Site, deps: DepOverrides
) -> dict[str, Dep]:
    with blame(None, site.here):
        if not isinstance(deps, Mapping):
            raise DeclarationError("deps must be a dict of parameter and path", hint='deps={"raw": "data.csv"}')
        check_names(deps, (one.name for one in arguments), "deps", "parameter of the function")
    found = {}
    for name, annotation, _, bound in arguments:
        if name in deps:
            with blame(name, site.here):
                found[name] = placed_dep(override_dep(deps[name], declared_dep(annotation), annotation), site)
        elif not bound:
            with blame(name, partial(parameter_place, function, name)):
                if dep := declared_dep(annotation):
                    found[name] = placed_dep(dep, site)
    return found


def _told(function: Callable[..., Any], arguments: Iterable[_Argument]) -> _Argument | None:
    """Return the argument that receives the ``StageParams``, None if there is none."""
    found = [one for one in arguments if is_params(one.annotation.type)]
    if len(found) > 1:
        first, second, *_ = found
        with blame(second.name, partial(parameter_place, function, second.name)):
            problem = f"{second.name} is a second StageParams, after {first.name}"
            raise DeclarationError(problem, hint="join them in one class")
    return found[0] if found else None


def _params(told: _Argument | None, given: Any) -> tuple[type[Any] | None, Any]:
    """Return the type of the ``StageParams`` and the values given in the code, a default in the signature last."""
    if told is None:
        if given is not None:
            hint = "annotate one with a subclass of pivot.StageParams"
            raise DeclarationError("params are given, but the function has no parameter for them", hint=hint)
        return None, None
    kind = told.annotation.type
    if given is None:
        given = told.default if isinstance(told.default, kind) else None
    if given is not None and not isinstance(given, kind | Mapping):
        problem = f"params must be a {kind.__name__} or a dict, not a value of type {type(given).__qualname__}"
        raise DeclarationError(problem)
    return type(given) if isinstance(given, kind) else kind, given


def _undeclared(argument: _Argument) -> DeclarationError:
    name, kind = argument.name, argument.annotation.type
    hint = (
        f'annotate it: {name}: Annotated[..., pivot.Dep("path", loader)]; or give register(deps={{"{name}": "path"}})'
    )
    if kind is MISSING:
        return DeclarationError(f"{name} has no annotation and no default", hint=hint)
    if hasattr(kind, "model_fields"):
        hint = f"let {kind.__name__} derive from pivot.StageParams"
    return DeclarationError(f"the annotation of {name} does not say where its value comes from", hint=hint)
