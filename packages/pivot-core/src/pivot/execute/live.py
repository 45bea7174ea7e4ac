"""The pipeline as live objects: imported in this process, from the exact bytes of its source.

Used once by the host, so that forked stages find everything there, and by each stage's process where forking is not
safe.
"""

import fcntl
import gc
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from io import BufferedRandom, BufferedWriter, IOBase, TextIOWrapper
from typing import Any

from pivot.errors import PivotError
from pivot.execute.descendants import give_back_memory
from pivot.execute.executor import Failure
from pivot.pipeline import Stage
from pivot.pipeline_module import import_pipeline, import_roots
from pivot_fingerprint.importing import Loaded, install
from pivot_fingerprint.module_files import judge_loaded
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.observation import Observation
from pivot_fingerprint.observe import observe

# Never imported ahead: they start threads, and a fork would leave those behind with their locks held.
THREADED = frozenset({"polars"})
# What Pivot's loaders import when they are used. Imported once in the host, it costs the stages nothing.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "CSV": ("pandas",),
    "Parquet": ("pyarrow", "pandas"),
    "Numpy": ("numpy",),
    "YAML": ("yaml",),
    "MatplotlibFigure": ("matplotlib",),
}


_BUFFERED = frozenset({BufferedRandom, BufferedWriter, TextIOWrapper})


class Live(NamedTuple):
    """An imported pipeline: its stages, the project source files that were compiled and will be, and what goes on here.

    The observation has begun once the pipeline was imported, and is ended by each stage's process for itself. Begun
    here, it costs the stages nothing; the host itself does nothing that would be observed. ``files`` are open for
    writing: what a stage writes to its copies must be written out at its end. ``dice`` is the state of ``random`` if
    the import changed it: a forked process begins with another, and a seed that was set must count for every stage.
    """

    stages: Mapping[str, Stage]
    loaded: Loaded
    observation: Observation
    files: tuple[IOBase, ...]
    dice: tuple[Any, ...] | None


def import_live(pipeline: str, root: str) -> Live | Failure:
    """Import ``pipeline.py`` (an absolute path) and return its stages, or why that cannot be done.

    Changes the working directory, ``sys.path`` and ``sys.argv`` to what the pipeline may expect.
    """
    sys.argv[:] = [pipeline]
    before, dice = _writable(), random.getstate()
    loaded = install(import_roots(pipeline, root))
    try:
        stages = import_pipeline(pipeline, root).stages
        files = () if _writable() <= before else tuple(buffered_files())
        rolled = random.getstate()
        judge_loaded([root])
        return Live(stages, loaded, observe([root]).__enter__(), files, None if rolled == dice else rolled)
    except BaseException as error:  # also sys.exit, which ends only the import
        return _failure(error, root)


def libraries(stage: Stage) -> Iterable[str]:
    """Return the modules that the stage's loaders will import."""
    for declared in (*stage.deps.values(), *stage.outs.values()):
        kind = type(declared.loader)
        if kind.__module__.startswith("pivot.loaders."):
            yield from LIBRARIES.get(kind.__name__, ())


def missing(names: Iterable[str]) -> list[str]:
    """Return which modules are not imported yet, without those that must not be imported ahead."""
    return [name for name in names if name not in sys.modules and name.partition(".")[0] not in THREADED]


def import_ahead(names: Iterable[str]) -> None:
    """Import third-party modules for stages to come.

    Done after the pipeline is imported, never before: what it sets for its libraries (environment variables) must come
    first. A module that cannot be imported is left to the stage that needs it.
    """
    for name in missing(names):
        with suppress(Exception):  # whatever it is, the stage that needs the module will say it
            import_module(name)


def buffered_files() -> Iterator[IOBase]:
    """Yield the files that hold writes back, among all objects that are not frozen."""
    return (thing for thing in gc.get_objects() if type(thing) in _BUFFERED)


def freeze() -> None:
    """Put all that exists out of the garbage collector's sight: stages go on sharing its memory, and collect faster."""
    gc.collect()
    give_back_memory()
    gc.freeze()


def _writable() -> set[int]:
    """Return the descriptors that are open for writing."""
    found = set()
    for descriptor in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & (os.O_WRONLY | os.O_RDWR):
                found.add(descriptor)
    return found


def _failure(error: BaseException, root: str) -> Failure:
    if isinstance(error, PivotError):
        file = error.file.removeprefix(root.rstrip("/") + "/") if error.file else None
        problem = f"{error.stage}: {error.problem}" if error.stage else error.problem
        return Failure("declaration", problem, error.argument, file, error.line, error.hint, error.details)
    from pivot.execute import blame  # what it imports takes 6 ms, which only a failure is worth

    failure = blame.raised(error, root)
    return failure._replace(problem=f"pipeline.py: {failure.problem}")
