"""Pipelines of plain typed functions: declare them here, run them with the ``pivot`` command.

    Pipeline      stages in order; ``register`` adds one, ``include`` joins another pipeline
    Dep           an input: a path and the loader that reads it
    Out           an output, kept in the cache: a path and the loader that writes it
    Metric        an output that is small and kept in git
    StageParams   parameters of a stage, which ``params.yaml`` may override
    loaders       how files become values, and values files

Importing this module imports none of that: each name is loaded when it is first used.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # type checkers take it for typing's own; importing typing would cost more than this module
if TYPE_CHECKING:
    from pivot import loaders
    from pivot.declare import Dep, Metric, Out
    from pivot.params import StageParams
    from pivot.pipeline import Pipeline

__all__ = ["Dep", "Metric", "Out", "Pipeline", "StageParams", "loaders"]

_HOMES = {
    "Dep": "pivot.declare",
    "Metric": "pivot.declare",
    "Out": "pivot.declare",
    "Pipeline": "pivot.pipeline",
    "StageParams": "pivot.params",
}


if not TYPE_CHECKING:  # or every mistyped name would be an object to type checkers

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name == "loaders":
            return import_module("pivot.loaders")
        if name not in _HOMES:
            raise AttributeError(f"module 'pivot' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
