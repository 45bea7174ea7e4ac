"""The question turned round: which stages would an edit of this file, or of this definition, run?

Reads the closures that ``status`` reads; decides nothing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pivot.errors import UsageError
from pivot.graph import Graph
from pivot.lock import Lock
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.suggest import did_you_mean
from pivot.way import find_way
from pivot_fingerprint import Entry, Part
from pivot_fingerprint.named import NamedTuple


class Impact(NamedTuple):
    """A stage that an edit would run: ``via`` are the labels of what is edited, with the way from the stage to each.

    ``direct`` is False for a stage that only reads, perhaps through others, what a direct one makes: it runs if that
    changes.
    """

    stage: str
    direct: bool
    via: tuple[str, ...]


def find_impact(look: Look, graph: Graph, path: Path, name: str | None) -> tuple[Impact, ...]:
    """Return the stages that an edit of a file, of one definition in it, or of anything in a directory would run, in
    order.

    Raises UsageError for what is not there, is no part of the project, or has no definition of that name.
    """
    place = str(path)
    stages = look.manifest.stages
    around = None if name is None else _around(look, place, name)
    hits = {stage.name: _code(look, stage, place, name) for stage in stages}
    if around and not any(hits.values()):
        hits = {stage.name: _code(look, stage, place, around, alone=True) for stage in stages}
    if name is None or around:  # who edits a definition edits its file, which may be read as data
        hits = {stage.name: (*hits[stage.name], *_data(look, stage, place)) for stage in stages}
    if not any(hits.values()):
        _check(look, path, name)
    found: list[Impact] = []
    reached: set[str] = set()
    for stage_name in graph.order:
        if hits.get(stage_name):
            found.append(Impact(stage_name, True, hits[stage_name]))
        elif any(one in reached for one in graph.upstream[stage_name]):
            found.append(Impact(stage_name, False, ()))
        else:
            continue
        reached.add(stage_name)
    return tuple(found)


def ignored(look: Look, path: Path, name: str | None) -> tuple[str, ...]:
    """Return the labels of definitions there that stages would reach, were they not left out on request."""
    parts = (part for stage in look.manifest.stages for part in look.code(stage).ignored)
    return tuple(sorted({part.label for part in parts if _is_at(part, str(path), name)}))


def is_imported(look: Look, path: Path) -> bool:
    """Return whether a source is executed in order to load the pipeline."""
    place = str(path)
    return any(one.kind == "source" and look.absolute(one.name) == place for one in look.manifest.inputs)


def _check(look: Look, path: Path, name: str | None) -> None:
    """Raise UsageError if nothing that a stage could depend on is meant."""
    shown = look.project.relative(path)
    if not path.exists():
        raise UsageError(f"there is no file {shown}")
    if not path.is_relative_to(look.project.root):
        raise UsageError(f"{shown} is no part of the project {look.project.root}")
    if name is None or _around(look, str(path), name):
        return
    names = {one for module in _modules(look, str(path)) for one in look.analysis.names(module)}
    if name in names:
        raise UsageError(f"{name} is imported in {shown}, not defined there", hint="name the file that defines it")
    known = {one for one in names if _around(look, str(path), one)}
    methods = sorted(one for one in known if one.endswith(f".{name}"))
    hint = f"did you mean {' or '.join(methods)}?" if methods else did_you_mean(name, known)
    raise UsageError(f"there is no {name} in {shown}", hint=hint)


def _around(look: Look, place: str, name: str) -> str | None:
    """Return the name of the definition that a name in a file belongs to, such as the class of a field."""
    found = (look.analysis.locate(Entry(module, name)) for module in _modules(look, place))
    return next((part.name for part in found if part is not None and part.file == place), None)


def _modules(look: Look, place: str) -> Iterator[str]:
    """Yield the names that the module in a file may have."""
    names = Path(look.project.relative(place)).with_suffix("").parts
    yield from (".".join(names[first:]).removesuffix(".__init__") for first in range(len(names)))


def _code(look: Look, stage: StageSpec, place: str, name: str | None, *, alone: bool = False) -> tuple[str, ...]:
    """Return the ways to the code there of a stage; ``alone`` leaves out the methods of what is named."""
    code = look.code(stage)
    parts = [part for part in code.parts if part.kind != "file" and _is_at(part, place, name)]
    parts = [part for part in parts if not alone or part.name == name]
    ways = sorted((find_way(stage, code, part.key) for part in parts), key=lambda way: len(way.names))
    return tuple(str(way) for way in ways)


def _data(look: Look, stage: StageSpec, place: str) -> Iterator[str]:
    """Yield what a stage reads of a file: declared, as parameters, while its code is imported, or undeclared."""
    yield from (f"input {dep.path}" for dep in stage.deps if _meet(look.absolute(dep.path), place))
    if stage.params is not None and _covers(place, os.path.normpath(look.absolute(f"{stage.pipeline}/params.yaml"))):
        yield "parameters in params.yaml"
    lock = look.locks.get(stage.name)
    undeclared = lock.reads if isinstance(lock, Lock) else {}
    yield from (f"undeclared input {path}" for path in undeclared if _is_read(look.absolute(path), path, place))
    for part in look.code(stage).parts:
        if part.kind == "file" and part.file and _is_read(part.file, part.name, place):
            yield " → ".join(find_way(stage, look.code(stage), part.key).names[:-1]) + f" reads {part.name}"


def _is_at(part: Part, place: str, name: str | None) -> bool:
    named = name is None or part.name == name or part.name.startswith(f"{name}.")
    return named and part.file is not None and _covers(place, part.file)


def _is_read(read: str, shown: str, place: str) -> bool:
    """Whether an edit at a place changes what was read: something below it, or the names in the directory around it."""
    read = os.path.normpath(read)
    listed = shown.endswith("/") and os.path.dirname(place) == read and not os.path.lexists(place)
    return listed or _covers(place, read)


def _meet(one: str, other: str) -> bool:
    return _covers(one, other) or _covers(other, one)


def _covers(above: str, place: str) -> bool:
    return place == above or place.startswith(f"{above}/")
