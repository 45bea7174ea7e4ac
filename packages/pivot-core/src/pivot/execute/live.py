"""The pipeline as live objects: imported in this process, from the exact bytes of its source.

Used once by the host, so that forked stages find everything there, and by each stage's process where forking is not
safe.
"""

import gc
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from pivot.errors import PivotError
from pivot.execute.executor import Failure
from pivot.pipeline import Stage
from pivot.pipeline_module import import_pipeline, import_roots
from pivot_fingerprint.importing import Loaded, install
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


class Live(NamedTuple):
    """An imported pipeline: its stages, the project source files that were compiled and will be, and what goes on here.

    The observation has begun once the pipeline was imported, and is ended by each stage's process for itself. Begun
    here, it costs the stages nothing; the host itself does nothing that would be observed.
    """

    stages: Mapping[str, Stage]
    loaded: Loaded
    observation: Observation


def import_live(pipeline: str, root: str) -> Live | Failure:
    """Import ``pipeline.py`` (an absolute path) and return its stages, or why that cannot be done.

    Changes the working directory, ``sys.path`` and ``sys.argv`` to what the pipeline may expect.
    """
    sys.argv[:] = [pipeline]
    loaded = install(import_roots(pipeline, root))
    try:
        stages = import_pipeline(pipeline, root).stages
        return Live(stages, loaded, observe([root]).__enter__())
    except BaseException as error:
        return _failure(error, root)


def libraries(stage: Stage) -> Iterable[str]:
    """Return the modules that the stage's loaders will import."""
    for declared in (*stage.deps.values(), *stage.outs.values()):
        kind = type(declared.loader)
        if kind.__module__.startswith("pivot.loaders."):
            yield from LIBRARIES.get(kind.__name__, ())


def import_ahead(names: Iterable[str]) -> bool:
    """Import third-party modules for stages to come; return whether there was anything to do.

    Done after the pipeline is imported, never before: what it sets for its libraries (environment variables) must come
    first. A module that cannot be imported is left to the stage that needs it.
    """
    missing = [name for name in names if name not in sys.modules and name.partition(".")[0] not in THREADED]
    for name in missing:
        with suppress(Exception):  # whatever it is, the stage that needs the module will say it
            import_module(name)
    return bool(missing)


def freeze() -> None:
    """Put all that exists out of the garbage collector's sight: stages go on sharing its memory, and collect faster."""
    gc.collect()
    gc.freeze()


def _failure(error: BaseException, root: str) -> Failure:
    if isinstance(error, PivotError):
        file = error.file.removeprefix(root.rstrip("/") + "/") if error.file else None
        problem = f"{error.stage}: {error.problem}" if error.stage else error.problem
        return Failure("declaration", problem, error.argument, file, error.line, error.hint, error.details)
    from pivot.execute import blame  # what it imports takes 6 ms, which only a failure is worth

    failure = blame.raised(error, root)
    return failure._replace(problem=f"pipeline.py: {failure.problem}")
