"""Parquet as a pandas DataFrame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pivot.loaders.library import library
from pivot.loaders.protocols import Loader


class Parquet(Loader[Any, Any]):
    """A table with typed columns, loaded as a ``pandas.DataFrame``; needs pandas and pyarrow.

    ``read`` are arguments of ``pandas.read_parquet`` (``columns``, ``filters``), ``write`` of ``DataFrame.to_parquet``.
    """

    libraries = ("pandas", "pyarrow")  # their versions count

    def __init__(self, *, read: Mapping[str, Any] | None = None, write: Mapping[str, Any] | None = None) -> None:
        self.read = dict(read or {})
        self.write = dict(write or {})

    def load(self, path: Path) -> Any:
        """Return the table as a DataFrame."""
        return self._pandas().read_parquet(path, **self.read)

    def save(self, value: Any, path: Path) -> None:
        """Write a DataFrame. Raises TypeError for anything else."""
        if not isinstance(value, self._pandas().DataFrame):
            raise TypeError(
                f"loaders.Parquet writes a pandas DataFrame, not a value of type {type(value).__qualname__}"
            )
        value.to_parquet(path, **self.write)

    def _pandas(self) -> Any:
        if self.read.get("engine") != "fastparquet" and self.write.get("engine") != "fastparquet":
            library("pyarrow", loader="Parquet", install="pyarrow")
        return library("pandas", loader="Parquet", install="pandas")
