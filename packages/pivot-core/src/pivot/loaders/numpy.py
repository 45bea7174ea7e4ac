"""Numpy arrays: one in a ``.npy`` file, several by name in a ``.npz`` file."""

from pathlib import Path
from typing import Any

from pivot.loaders.library import library
from pivot.loaders.protocols import Loader


class Numpy(Loader[Any, Any]):
    """A ``numpy.ndarray``, or, where the path ends in ``.npz``, a dict of arrays by name; needs numpy.

    Arrays of Python objects are refused unless ``allow_pickle``: loading a pickle runs code that the file names.
    """

    libraries = ("numpy",)  # their versions count

    def __init__(self, *, allow_pickle: bool = False) -> None:
        self.allow_pickle = allow_pickle

    def load(self, path: Path) -> Any:
        """Return the array, or the dict of arrays. Raises ValueError for arrays of objects."""
        numpy = library("numpy", loader="Numpy", install="numpy")
        found = numpy.load(path, allow_pickle=self.allow_pickle)
        if path.suffix != ".npz":
            return found
        with found:
            return {name: found[name] for name in found.files}

    def save(self, value: Any, path: Path) -> None:
        """Write the array, or the mapping of arrays. Raises ValueError for arrays of objects."""
        numpy = library("numpy", loader="Numpy", install="numpy")
        with path.open("wb") as file:  # given a name, numpy would add its own suffix
            if path.suffix == ".npz":
                numpy.savez(file, allow_pickle=self.allow_pickle, **value)
            else:
                numpy.save(file, value, allow_pickle=self.allow_pickle)
