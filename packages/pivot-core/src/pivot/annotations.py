"""What annotations are once their text is evaluated: strings, forward references and aliases resolved, metadata apart.

Knows nothing of stages; ``signature`` and ``returns`` say what the metadata mean. A type in quotes inside ``Annotated``
need not exist when the program runs.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import (
    Annotated,
    Any,
    ForwardRef,
    NamedTuple,
    NotRequired,
    ReadOnly,
    Required,
    TypeAliasType,
    get_args,
    get_origin,
)

from pivot.places import plain_function

type Namespace = Mapping[str, Any]


class Annotation(NamedTuple):
    """An evaluated annotation: the type, MISSING where nothing was written, and what ``Annotated`` adds to it."""

    type: Any
    metadata: tuple[Any, ...] = ()


MISSING = inspect.Parameter.empty


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a call still has to give, their annotations as written.

    Raises ValueError or TypeError for a callable without a signature, such as some builtins.
    """
    return list(_signature(function).parameters.values())


def returned(function: Callable[..., Any]) -> Any:
    """Return the return annotation as written, MISSING if there is none."""
    return _signature(function).return_annotation


def evaluate(annotation: Any, function: Callable[..., Any], scope: Namespace) -> Annotation:
    """Return what an annotation of ``function`` means; ``scope`` are local names of the place that registers it.

    Raises whatever the text of the annotation raises: NameError for a name that exists for type checkers alone.
    """
    plain = plain_function(function)
    space = getattr(plain, "__globals__", {})
    return unwrap(annotation, space, {**scope, **_captured(plain), **_type_parameters(plain)})


def keys(cls: type, scope: Namespace) -> dict[str, Callable[[], Annotation]]:
    """Return the keys of a TypedDict, inherited ones first, each with a way to evaluate its annotation."""
    space = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}

    def evaluation(annotation: Any) -> Callable[[], Annotation]:
        return lambda: unwrap(annotation, space, scope)

    return {key: evaluation(annotation) for key, annotation in _class_annotations(cls).items()}


def unwrap(annotation: Any, space: dict[str, Any], scope: Namespace) -> Annotation:
    """Return the type and the metadata under strings, forward references, aliases, ``NotRequired`` and the like."""
    metadata: tuple[Any, ...] = ()
    while True:
        if isinstance(annotation, str | ForwardRef):
            try:
                annotation = _read(annotation, space, scope)
            except NameError:
                if metadata:
                    return Annotation(annotation, metadata)  # Annotated["Table", ...]: the name of a type is not needed
                raise
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            metadata = (*annotation.__metadata__, *metadata)
            annotation = annotation.__origin__
        elif get_origin(annotation) in (NotRequired, Required, ReadOnly):
            annotation = get_args(annotation)[0]
        else:
            return Annotation(annotation, metadata)


def _read(annotation: str | ForwardRef, space: dict[str, Any], scope: Namespace) -> Any:
    if isinstance(annotation, str):
        return eval(annotation, space, scope)
    module = sys.modules.get(annotation.__forward_module__ or "")
    return eval(annotation.__forward_arg__, vars(module) if module else space, scope)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def _class_annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(cls, format=Format.FORWARDREF)
    return cls.__annotations__


def _captured(function: Callable[..., Any]) -> dict[str, Any]:
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    found = {}
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return found


def _type_parameters(function: Callable[..., Any]) -> dict[str, Any]:
    return {parameter.__name__: parameter for parameter in getattr(function, "__type_params__", ())}
