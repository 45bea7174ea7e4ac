"""The question turned round: which stages would an edit of this file, or of this definition, run?

Reads the closures that ``status`` reads; decides nothing.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pivot.errors import UsageError
from pivot.graph import Graph
from pivot.lock import Lock
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.suggest import did_you_mean
from pivot_fingerprint import Entry


class Impact(NamedTuple):
    """A stage that an edit would run: ``via`` are the labels of what is edited, with the way from the stage to each.

    ``direct`` is False for a stage that only reads, perhaps through others, what a direct one makes: it runs if that
    changes.
    """

    stage: str
    direct: bool
    via: tuple[str, ...]


def find_impact(look: Look, graph: Graph, path: Path, name: str | None) -> tuple[Impact, ...]:
    """Return the stages that an edit of the file (or of one definition in it) would run, in order.

    Raises UsageError for a file that is not there, or that has no definition of that name.
    """
    place = str(path)
    if not path.exists():
        raise UsageError(f"there is no file {look.project.relative(path)}")
    hits = {stage.name: _hits(look, stage, place, name) for stage in look.manifest.stages}
    if name is not None and not any(hits.values()):
        if ignored(look, path, name) or _is_there(look, path, name):
            return ()
        parts = (part for stage in look.manifest.stages for part in look.code(stage).parts)
        known = {part.name for part in parts if part.file == place and part.name}
        raise UsageError(f"no stage reaches {name} in {look.project.relative(path)}", hint=did_you_mean(name, known))
    found: list[Impact] = []
    reached: set[str] = set()
    for stage_name in graph.order:
        if hits[stage_name]:
            found.append(Impact(stage_name, True, hits[stage_name]))
        elif any(one in reached for one in graph.upstream[stage_name]):
            found.append(Impact(stage_name, False, ()))
        else:
            continue
        reached.add(stage_name)
    return tuple(found)


def ignored(look: Look, path: Path, name: str | None) -> tuple[str, ...]:
    """Return the labels of definitions there that stages would reach, were they not left out on request."""
    parts = {part for stage in look.manifest.stages for part in look.code(stage).ignored if part.file == str(path)}
    return tuple(sorted(part.label for part in parts if _named(part.name, name)))


def _is_there(look: Look, path: Path, name: str) -> bool:
    """Whether a definition is in the file, though no stage reaches it."""
    names = Path(look.project.relative(path)).with_suffix("").parts
    modules = (".".join(names[first:]).removesuffix(".__init__") for first in range(len(names)))
    found = (look.analysis.locate(Entry(module, name)) for module in modules)
    return any(part is not None and part.file == str(path) for part in found)


def _hits(look: Look, stage: StageSpec, place: str, name: str | None) -> tuple[str, ...]:
    code = look.code(stage)
    parts = [part for part in code.parts if part.file == place and part.kind != "file" and _named(part.name, name)]
    own = {entry.qualname for entry in stage.entries}
    ways = [tuple(way(code.parents, part.key)) for part in parts]
    ways.sort(key=lambda one: (len(one), one[0] not in own))
    return (*(" → ".join(one) for one in ways), *(_data(look, stage, place) if name is None else ()))


def _data(look: Look, stage: StageSpec, place: str) -> Iterator[str]:
    """Yield what a stage reads of a file: declared, as parameters, while its code is imported, or undeclared."""
    yield from (f"input {dep.path}" for dep in stage.deps if _covers(look.absolute(dep.path), place))
    if stage.params is not None and place == os.path.normpath(look.absolute(f"{stage.pipeline}/params.yaml")):
        yield "parameters in params.yaml"
    lock = look.locks.get(stage.name)
    undeclared = lock.reads if isinstance(lock, Lock) else {}
    yield from (f"undeclared input {path}" for path in undeclared if look.absolute(path) == place)
    for part in look.code(stage).parts:
        if part.kind == "file" and part.file == place:
            yield " → ".join([*way(look.code(stage).parents, part.key)][:-1]) + f" reads {part.name}"


def _named(part: str, name: str | None) -> bool:
    return name is None or part == name or part.startswith(f"{name}.")


def _covers(declared: str, place: str) -> bool:
    return place == declared or place.startswith(f"{declared}/")


def way(parents: Mapping[str, str], key: str) -> Iterable[str]:
    """Return the names from a stage's function to a part, both included: ``train``, ``Model.fit``, ``normalize``."""
    names: list[str] = []
    seen: set[str] = set()
    at: str | None = key
    while at is not None and at not in seen:
        seen.add(at)
        kind, module, name = at.split(":", 2)
        names.append(name or module or kind)
        at = parents.get(at)
    return reversed(names)
