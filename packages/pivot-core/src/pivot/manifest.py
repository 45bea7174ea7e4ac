"""The manifest: a pipeline as plain data, so that nothing of the user's has to be imported to plan a run.

Made by ``load_child`` in a process of its own, kept in the state database by ``load``, read by everyone else.
All paths are POSIX strings relative to the project root; the path of a directory ends in ``/``.
"""

import os
from collections.abc import Mapping
from typing import Any

import orjson

from pivot.grounds import Ground
from pivot_fingerprint import Entry, ImportRead, Opaque
from pivot_fingerprint.named import NamedTuple

FORMAT = 2


class LoaderSpec(NamedTuple):
    """A loader: its class, its settings as shown to people, and where its code starts if it is the project's own."""

    type: str  # "module:QualifiedName"
    settings: str  # canonical text of the settings: JSON with sorted keys
    entries: tuple[Entry, ...] = ()  # empty for Pivot's own loaders, which are a package version like any other


class DepSpec(NamedTuple):
    """One declared input of a stage."""

    param: str  # the parameter of the function that receives the loaded value
    path: str
    loader: LoaderSpec


class OutSpec(NamedTuple):
    """One declared output of a stage. ``key`` is the key in the returned dict; empty for a single output."""

    key: str
    path: str
    kind: str  # "out", kept in the cache; "metric", kept in git
    loader: LoaderSpec


class StageSpec(NamedTuple):
    """One registered stage.

    ``entries`` are the definitions from which its code is followed: the function first, then what only the live
    object knew (captured functions). ``live`` are digests of captured values, by label. ``params`` is None where the
    function takes no ``StageParams``; else the values, defaults and ``params.yaml`` joined, as JSON data. ``opaque``
    are captured values and settings of loaders that count by their type only. ``packages`` are top-level names of
    third-party modules whose functions or classes are among those values. ``timeout`` is the seconds that it may take.
    """

    name: str
    pipeline: str  # directory of pipeline.py, "." for the project root
    file: str
    line: int
    entries: tuple[Entry, ...]
    deps: tuple[DepSpec, ...]
    outs: tuple[OutSpec, ...]
    live: tuple[tuple[str, str], ...] = ()
    params: Mapping[str, Any] | None = None
    mutex: tuple[str, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    packages: tuple[str, ...] = ()
    timeout: float | None = None

    @property
    def place(self) -> dict[str, Any]:
        """Where it was registered, in the words of ``PivotError``."""
        return {"stage": self.name, "file": self.file, "line": self.line}


class Ran(NamedTuple):
    """A project module that loading the pipeline imported, with the functions in it that were executed."""

    path: str  # as in its ``source`` among the inputs
    module: str
    functions: tuple[tuple[str, int], ...]  # name, and line at which its code begins


class Manifest(NamedTuple):
    """A loaded pipeline."""

    pipeline: str  # path of pipeline.py
    name: str  # the name given to Pipeline()
    stages: tuple[StageSpec, ...]
    modules: tuple[str, ...]  # project modules that loading it imported, by name
    packages: tuple[str, ...]  # top-level names of third-party modules that loading it imported: what workers preload
    reads: tuple[ImportRead, ...]  # files and variables read while project modules were imported
    inputs: tuple[Ground, ...]  # what it was made from: while each still has its digest, it stands
    ran: tuple[Ran, ...] = ()  # what of its modules was executed; empty if something looked into the others
    sees_lines: bool = True  # whether project code may have seen on which lines it stands

    def stage(self, name: str) -> StageSpec:
        """Return the stage of that name; KeyError if there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)

    def sources(self, root: str) -> list[str]:
        """Return the absolute paths of the project modules that it was made from."""
        return [os.path.join(root, one.name) for one in self.inputs if one.kind == "source"]

    def made(self) -> frozenset[str]:
        """Return the paths that stages make, without a closing slash."""
        return frozenset(out.path.rstrip("/") for stage in self.stages for out in stage.outs)


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as JSON: named tuples as arrays, in field order, after the format version."""
    return orjson.dumps([FORMAT, tuple(manifest)], default=tuple)


def decode(data: bytes) -> Manifest | None:
    """Return the manifest that ``encode`` wrote, or None if another version of Pivot or something else wrote it."""
    try:
        version, row = orjson.loads(data)
        if version != FORMAT:
            return None
        pipeline, name, stages, modules, packages, reads, inputs, ran, sees_lines = row
        return Manifest(
            pipeline,
            name,
            tuple(_stage(stage) for stage in stages),
            tuple(modules),
            tuple(packages),
            tuple(ImportRead(*read) for read in reads),
            tuple(Ground(*item) for item in inputs),
            tuple(Ran(path, module, tuple((one, line) for one, line in functions)) for path, module, functions in ran),
            sees_lines,
        )
    except (ValueError, TypeError, KeyError):
        return None


def _stage(row: list[Any]) -> StageSpec:
    name, pipeline, file, line, entries, deps, outs, live, params, mutex, opaque, packages, timeout = row
    return StageSpec(
        name,
        pipeline,
        file,
        line,
        _entries(entries),
        tuple(DepSpec(param, path, _loader(loader)) for param, path, loader in deps),
        tuple(OutSpec(key, path, kind, _loader(loader)) for key, path, kind, loader in outs),
        tuple((label, digest) for label, digest in live),
        params,
        tuple(mutex),
        tuple(Opaque(*one) for one in opaque),
        tuple(packages),
        timeout,
    )


def _loader(row: list[Any]) -> LoaderSpec:
    kind, settings, entries = row
    return LoaderSpec(kind, settings, _entries(entries))


def _entries(rows: list[list[Any]]) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in rows)
