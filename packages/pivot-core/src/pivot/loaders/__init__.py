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
