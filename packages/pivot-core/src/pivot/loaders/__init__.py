"""Loaders: how the file behind an input becomes a value, and a value the file behind an output.

    Reader, Writer, Loader    the protocols: ``load(path)``, ``save(value, path)``, both
    JSON, JSONLines, YAML     plain values
    CSV, Parquet              tables, as pandas DataFrames
    Numpy                     arrays
    Text, Bytes, Pickle       a string, the bytes as they are, any Python object
    MatplotlibFigure          an image; cannot be read
    PathOnly                  the path itself: the function reads or writes the file

Third-party libraries are imported when a loader is used. A missing one raises ``MissingLibrary``, which says what to
install. A loader's settings are its attributes: another setting is a reason to run the stage again.
"""

TYPE_CHECKING = False  # as in ``pivot``
if TYPE_CHECKING:
    from pivot.loaders.bytes import Bytes
    from pivot.loaders.csv import CSV
    from pivot.loaders.json import JSON
    from pivot.loaders.jsonlines import JSONLines
    from pivot.loaders.matplotlib_figure import MatplotlibFigure
    from pivot.loaders.numpy import Numpy
    from pivot.loaders.parquet import Parquet
    from pivot.loaders.path_only import PathOnly
    from pivot.loaders.pickle import Pickle
    from pivot.loaders.protocols import Loader, Reader, Writer
    from pivot.loaders.text import Text
    from pivot.loaders.yaml import YAML

__all__ = [
    "CSV",
    "JSON",
    "YAML",
    "Bytes",
    "JSONLines",
    "Loader",
    "MatplotlibFigure",
    "Numpy",
    "Parquet",
    "PathOnly",
    "Pickle",
    "Reader",
    "Text",
    "Writer",
]

_HOMES = {
    "CSV": "csv",
    "JSON": "json",
    "YAML": "yaml",
    "Bytes": "bytes",
    "JSONLines": "jsonlines",
    "Loader": "protocols",
    "MatplotlibFigure": "matplotlib_figure",
    "Numpy": "numpy",
    "Parquet": "parquet",
    "PathOnly": "path_only",
    "Pickle": "pickle",
    "Reader": "protocols",
    "Text": "text",
    "Writer": "protocols",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a loader when it is first used: most pipelines use few, and each process imports them anew."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
