"""One declaration, from the metadata of an annotation and from what ``register`` was given, checked and in its place.

Serves ``signature`` (inputs) and ``returns`` (outputs), which add the argument and the line to an error with ``blame``.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pivot.annotations import MISSING, Annotation, Namespace
from pivot.declare import Dep, Metric, Out, Output
from pivot.errors import DeclarationError
from pivot.paths import resolve
from pivot.places import Place
from pivot.suggest import did_you_mean
from pivot_fingerprint.named import NamedTuple

type AnyPath = str | os.PathLike[str]
type DepOverrides = Mapping[str, AnyPath | Dep]
type OutOverrides = Mapping[str, AnyPath | Output] | AnyPath | Output


class Site(NamedTuple):
    """A ``register`` call: where its paths start, where it stands, the local names that it can see."""

    directory: str
    place: Place
    scope: Namespace

    def here(self) -> Place:
        """Return where the call stands."""
        return self.place


@contextmanager
def blame(argument: str | None, place: Callable[[], Place | None]) -> Iterator[None]:
    """Tell a DeclarationError its argument and its place, unless it knows them; the place is looked for only then."""
    try:
        yield
    except DeclarationError as error:
        error.argument = error.argument or argument
        if error.file is None and (found := place()):
            error.file, error.line = found
        raise


def evaluated(evaluation: Callable[[], Annotation], name: str) -> Annotation:
    """Return an evaluated annotation; ``name`` says whose it is. Raises DeclarationError if its text raises."""
    try:
        return evaluation()
    except NameError as error:
        raise DeclarationError(
            f"the annotation of {name} names {error.name}, which is not defined when the program runs",
            hint=f"import {error.name} where the program runs, not only under TYPE_CHECKING",
        ) from None
    except Exception as error:  # whatever the user's text raises
        problem = f"the annotation of {name} cannot be evaluated: {type(error).__qualname__}: {error}"
        raise DeclarationError(problem) from error


def declared_dep(annotation: Annotation) -> Dep | None:
    """Return the input that an annotation declares, None if it declares none."""
    if any(isinstance(one, Out | Metric) for one in annotation.metadata):
        raise DeclarationError(
            "pivot.Out belongs on the return annotation, not on a parameter",
            hint='what the stage reads is a pivot.Dep("path", loader)',
        )
    _check_outermost(annotation)
    return _only(one for one in annotation.metadata if isinstance(one, Dep))


def declared_output(annotation: Annotation) -> Output | None:
    """Return the output that an annotation declares, None if it declares none."""
    if any(isinstance(one, Dep) for one in annotation.metadata):
        raise DeclarationError(
            "pivot.Dep belongs on a parameter, not on the return annotation",
            hint='what the stage makes is a pivot.Out("path", loader)',
        )
    _check_outermost(annotation)
    return _only(one for one in annotation.metadata if isinstance(one, Out | Metric))


def override_dep(given: AnyPath | Dep, declared: Dep | None, annotation: Annotation) -> Dep:
    """Return the input that ``register`` asks for: a ``Dep`` as it is, a path with the loader that was declared."""
    if isinstance(given, Out | Metric):
        raise DeclarationError("deps takes a path or a pivot.Dep, not an output", hint='deps={"raw": "data.csv"}')
    if isinstance(given, Dep):
        return given
    if declared is not None:
        return declared._replace(path=_text(given))
    kind = annotation.type
    if isinstance(kind, type) and kind not in (MISSING, Any) and not issubclass(Path, kind):
        raise DeclarationError(
            f"a path is given for a value of type {kind.__qualname__}, but no loader",
            hint="give a pivot.Dep(path, loader)",
        )
    return Dep(_text(given))


def override_output(given: AnyPath | Output, declared: Output | None) -> Output:
    """Return the output that ``register`` asks for: an ``Out`` as it is, a path with the loader that was declared."""
    if isinstance(given, Dep):
        raise DeclarationError(
            "outs takes a path, a pivot.Out or a pivot.Metric, not an input", hint='outs={"clean": "clean.csv"}'
        )
    if isinstance(given, Out | Metric):
        return given
    return declared._replace(path=_text(given)) if declared is not None else Out(_text(given))


def placed_dep(dep: Dep, site: Site) -> Dep:
    """Return an input with its absolute path, after a look at its loader."""
    _check_loader(dep.loader, "load", "pivot.Dep")
    return dep._replace(path=resolve(dep.path, site.directory))


def placed_output(output: Output, site: Site) -> Output:
    """Return an output with its absolute path, after a look at its loader."""
    _check_loader(output.loader, "save", f"pivot.{type(output).__qualname__}")
    path = resolve(output.path, site.directory)
    if isinstance(output, Metric) and path.endswith("/"):
        raise DeclarationError(
            f"the metric {output.path} is a directory, but a metric is one file",
            hint="name a file, or declare a pivot.Out",
        )
    return output._replace(path=path)


def check_names(given: Iterable[object], known: Iterable[str], option: str, word: str) -> None:
    """Raise DeclarationError for a name in ``given`` that is not known."""
    listed = list(known)
    for name in given:
        if name not in listed:
            problem = f"{option} names {name!r}, which is no {word}"
            raise DeclarationError(problem, argument=str(name), hint=did_you_mean(str(name), listed))


def _check_outermost(annotation: Annotation) -> None:
    """Raise DeclarationError for a declaration in a place where it would go unseen."""
    for one in annotation.metadata:
        if one in (Dep, Out, Metric):
            name = one.__name__
            raise DeclarationError(f"pivot.{name} is given no path", hint=f'write pivot.{name}("path", loader)')
    if found := annotation.type if isinstance(annotation.type, Dep | Out | Metric) else _inside(annotation.type):
        name = type(found).__name__
        hint = f"Annotated must be the outermost, around the whole type: Annotated[dict | None, pivot.{name}(...)]"
        if found is annotation.type:
            hint = f"write Annotated[dict, pivot.{name}(...)], with the type of the value in place of dict"
        elif get_origin(annotation.type) is tuple:
            hint = "to make several outputs, return a dict, annotated with a TypedDict that has a key for each"
        raise DeclarationError(f"pivot.{name}({found.path!r}, ...) goes unseen where it stands", hint=hint)


def _inside(kind: object) -> Dep | Output | None:
    """Return a declaration that the arguments of a type hold, such as those of a union."""
    for one in get_args(kind):
        metadata = get_args(one)[1:] if get_origin(one) is Annotated else ()
        if found := next((each for each in metadata if isinstance(each, Dep | Out | Metric)), None) or _inside(one):
            return found
    return None


def _only[Declared](found: Iterable[Declared]) -> Declared | None:
    listed = list(found)
    if len(listed) > 1:
        raise DeclarationError(f"{len(listed)} paths are declared for one value", hint="leave one of them")
    return listed[0] if listed else None


def _check_loader(loader: object, method: str, needed_by: str) -> None:
    if isinstance(loader, type):
        name = loader.__name__
        raise DeclarationError(f"the loader {name} is a class, {needed_by} needs an instance", hint=f"write {name}()")
    if not callable(getattr(loader, method, None)):
        raise DeclarationError(
            f"{type(loader).__name__} has no method {method}, which {needed_by} needs",
            hint=f"use a loader that has one; yours needs {'load(path)' if method == 'load' else 'save(value, path)'}",
        )


def _text(path: AnyPath) -> str:
    return os.fspath(path) if isinstance(path, os.PathLike) else path
