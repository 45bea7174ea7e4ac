"""Pickle: any Python object, for those who trust whoever wrote the file."""

import pickle
from pathlib import Path
from typing import Any

from pivot.loaders.protocols import Loader


class Pickle(Loader[Any, Any]):
    """Any object that pickle can hold: a fitted model, for instance.

    Loading a pickle runs code that the file names: one that came from elsewhere is to be trusted like a program.
    """

    def __init__(self, *, protocol: int = 5) -> None:
        self.protocol = protocol

    def load(self, path: Path) -> Any:
        """Return the object."""
        with path.open("rb") as file:
            return pickle.load(file)

    def save(self, value: Any, path: Path) -> None:
        """Write the object. Raises pickle.PicklingError, TypeError or AttributeError if pickle cannot hold it."""
        with path.open("wb") as file:
            pickle.dump(value, file, protocol=self.protocol)
