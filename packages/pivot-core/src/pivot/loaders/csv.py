"""CSV as a pandas DataFrame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pivot.loaders.library import library
from pivot.loaders.protocols import Loader


class CSV(Loader[Any, Any]):
    """A table of comma-separated values, loaded as a ``pandas.DataFrame``; needs pandas.

    ``read`` are arguments of ``pandas.read_csv``, ``write`` of ``DataFrame.to_csv``. The index is not written unless
    ``write={"index": True}`` says so; read it back with ``read={"index_col": 0}``.
    """

    libraries = ("pandas",)  # their versions count

    def __init__(self, *, read: Mapping[str, Any] | None = None, write: Mapping[str, Any] | None = None) -> None:
        self.read = dict(read or {})
        self.write = {"index": False} | dict(write or {})

    def load(self, path: Path) -> Any:
        """Return the table as a DataFrame."""
        return library("pandas", loader="CSV", install="pandas").read_csv(path, **self.read)

    def save(self, value: Any, path: Path) -> None:
        """Write a DataFrame or a Series. Raises TypeError for anything else."""
        pandas = library("pandas", loader="CSV", install="pandas")
        if not isinstance(value, pandas.DataFrame | pandas.Series):
            raise TypeError(f"loaders.CSV writes a pandas DataFrame, not a value of type {type(value).__qualname__}")
        value.to_csv(path, **self.write)
