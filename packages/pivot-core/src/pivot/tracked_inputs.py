"""Where tracked data meets stages: what stands for an input while it is missing, giving it back, and what to say of it.

Asked only for stages that may run, so a run with nothing to do never looks for a ``.pvt`` file. An input is described
by the file beside it, or beside a directory above it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from pivot.errors import DeclarationError, MissingInput
from pivot.given import find_part
from pivot.look import Look
from pivot.manifest import StageSpec
from pivot.outputs import confined
from pivot.paths import parents
from pivot.record import Damaged
from pivot.tracked import SUFFIX, find_tracked, read_tracked
from pivot.workspace import Workspace
from pivot_cache import Content, ObjectError


def missing_inputs(workspace: Workspace, look: Look, stages: Iterable[StageSpec]) -> dict[str, Content]:
    """Return what belongs at inputs where nothing is, by path without a closing slash, as far as it is tracked."""
    paths = {dep.path.rstrip("/") for stage in stages for dep in stage.deps if look.found(dep.path) is None}
    found = {path: _described(workspace, path) for path in sorted(paths)}
    return {path: content for path, content in found.items() if content is not None}


def take_tracked(workspace: Workspace, look: Look, stage: StageSpec, made: Set[str]) -> Iterator[str]:
    """Give back the tracked data that a stage is about to read and that is missing; yield what is to be said of it.

    ``made`` are the paths that stages make. Raises CacheError where the cache lacks it, or the disk is in the way.
    """
    for path, content in missing_inputs(workspace, look, [stage]).items():
        root = workspace.project.root
        workspace.store.restore(content, confined(root, path), mode=workspace.mode, scan=look.scan, within=root)
        yield f"{path} was missing and is given back from the cache"
    for path in sorted({dep.path.rstrip("/") for dep in stage.deps} - made):
        for place in (path, *parents(path)):
            if (told := read_tracked(workspace.project.root / (place + SUFFIX))) is not None:
                here = look.content(place)
                if isinstance(told, Damaged):
                    yield f"{told.problem}, so it counts for nothing: pivot track -f {place} replaces it"
                elif told != here:
                    older = here is not None and workspace.store.has_all(here)  # as after a git pull
                    advice = f"checkout {place} gives what is tracked now" if older else f"track {place} records it"
                    yield f"{place} is not as it was tracked, and is read as it is: pivot {advice}"
                break


def check_tracked(
    workspace: Workspace, look: Look, stages: Iterable[StageSpec], missing: Mapping[str, Content], made: Set[str]
) -> None:
    """Raise MissingInput for tracked data that a stage is about to read and that is nowhere, in whole or in part.

    Raises DeclarationError for an output that is tracked as well. ``made`` are the paths that stages make.
    """
    for stage in stages:
        for out in stage.outs:
            check_not_tracked(workspace.project.root, stage, out.path.rstrip("/"))
        for dep in stage.deps:
            path = dep.path.rstrip("/")
            if path in missing and not workspace.store.has_all(missing[path]):
                raise _not_held(stage, path)
            content = look.found(path)
            if content is not None and content.kind == "directory" and path not in made:
                _check_inside(workspace.project.root, look, stage, path)


def check_not_tracked(root: Path, stage: StageSpec, path: str) -> None:
    """Raise DeclarationError for an output that is tracked as well."""
    if os.path.lexists(root / (path + SUFFIX)):
        raise DeclarationError(
            f"{path} is an output, and tracked as well",
            **stage.place,
            hint=f"delete {path}{SUFFIX}, or give the output another path",
        )


def _check_inside(root: Path, look: Look, stage: StageSpec, directory: str) -> None:
    for path, _ in find_tracked(root / directory):
        if look.content(f"{directory}/{path}") is None:
            raise MissingInput(
                f"{directory}/{path} is tracked and missing, so the input {directory}/ is not whole",
                **stage.place,
                hint=f"give it back with: pivot checkout {directory}",
            )


def _not_held(stage: StageSpec, path: str) -> MissingInput:
    """Return the error about tracked data that is nowhere."""
    return MissingInput(
        f"the input {path} is tracked, but neither here nor in the cache",
        **stage.place,
        hint=f"copy it here from where it came from, or its object ({path}{SUFFIX} names it) from another cache",
    )


def _described(workspace: Workspace, path: str) -> Content | None:
    """Return what the nearest ``.pvt`` file says of a path."""
    for place in (path, *parents(path)):
        content = read_tracked(workspace.project.root / (place + SUFFIX))
        if isinstance(content, Content):
            try:
                return find_part(workspace, content, path[len(place) + 1 :])
            except ObjectError:
                return None  # the cache does not even know what the directory holds
    return None
