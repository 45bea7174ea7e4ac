"""From a return annotation to a stage's outputs, joined with what ``register`` was told.

A ``TypedDict`` gives one output for each key, a single ``Annotated[..., pivot.Out(...)]`` one output, ``None`` none.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, is_typeddict

from pivot.annotations import MISSING, Annotation, evaluate, keys, returned
from pivot.declaration import (
    AnyPath,
    OutOverrides,
    Site,
    blame,
    check_names,
    declared_output,
    evaluated,
    override_output,
    placed_output,
)
from pivot.declare import Output
from pivot.errors import DeclarationError
from pivot.places import key_place, plain_function, return_place

HINT = (
    'annotate it with a TypedDict of Annotated[..., pivot.Out("path", loader)], with one such Annotated, or with None'
)


def read_outputs(
    function: Callable[..., Any], site: Site, given: OutOverrides | None
) -> tuple[dict[str, Output], bool]:
    """Return the outputs of a function by key, and whether it returns a single value: the one with the empty key.

    Raises DeclarationError.
    """
    with blame("return", partial(return_place, function)):
        written = returned(function)
        annotation = Annotation(MISSING)
        if written is not MISSING:
            annotation = evaluated(lambda: evaluate(written, function, site.scope), "the return value")
        single = declared_output(annotation)
        if given is None and single is not None:
            return {"": placed_output(single, site)}, True
    if is_typeddict(annotation.type):
        return _of_keys(annotation.type, site, given), False
    if given is None:
        with blame("return", partial(return_place, function)):
            _check_none(function, annotation.type)
        return {}, False
    with blame("return", site.here):
        return _of_register(given, single, annotation.type, site)


def _of_keys(cls: type, site: Site, given: OutOverrides | None) -> dict[str, Output]:
    overrides: Mapping[str, AnyPath | Output] = {}
    listed = keys(cls, site.scope)
    with blame("return", site.here):
        if isinstance(given, Mapping):
            overrides = given
        elif given is not None:
            raise DeclarationError(
                f"the function returns the outputs of {cls.__qualname__}, but outs is a single path",
                hint=f"give a dict with keys of: {', '.join(listed)}",
            )
        check_names(overrides, listed, "outs", "key of what the function returns")
    found: dict[str, Output] = {}
    for key, evaluation in listed.items():
        with blame(key, partial(key_place, cls, key)):
            _check_key(key)
            out = declared_output(evaluated(evaluation, f"the key {key}"))
            if out is None and key not in overrides:
                raise DeclarationError(
                    f"the key {key!r} of {cls.__qualname__} has no pivot.Out",
                    hint=f'annotate it: {key}: Annotated[..., pivot.Out("path", loader)]',
                )
            if out is not None and key not in overrides:
                found[key] = placed_output(out, site)
        if key in overrides:
            with blame(key, site.here):
                found[key] = placed_output(override_output(overrides[key], out), site)
    return found


def _of_register(
    given: OutOverrides, single: Output | None, annotated: object, site: Site
) -> tuple[dict[str, Output], bool]:
    if annotated is None or annotated is type(None):
        raise DeclarationError(
            "outs are given, but the function returns None", hint="return the values, or their paths"
        )
    if not isinstance(given, Mapping):
        return {"": placed_output(override_output(given, single), site)}, True
    if single is not None:
        raise DeclarationError("the function returns one output, but outs is a dict", hint='give its path: outs="path"')
    found = {}
    for key, output in given.items():
        with blame(str(key), site.here):
            _check_key(key)
            found[key] = placed_output(override_output(output, None), site)
    return found, False


def _check_none(function: Callable[..., Any], annotated: object) -> None:
    """Raise DeclarationError unless the function says that it has no outputs; a lambda cannot say anything."""
    if annotated is None or annotated is type(None):
        return
    if annotated is not MISSING:
        raise DeclarationError("the return annotation does not say where the value goes", hint=HINT)
    code = getattr(plain_function(function), "__code__", None)
    if code is not None and code.co_name != "<lambda>":
        raise DeclarationError("the return value has no annotation", hint=HINT)


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not key:
        raise DeclarationError(f"the key of an output must be a str that is not empty, not {key!r}")
