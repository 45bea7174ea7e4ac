"""No loading at all: the stage's function gets the path and reads or writes the file itself."""

import os
from pathlib import Path

from pivot.loaders.protocols import Loader


class PathOnly(Loader[str | os.PathLike[str], Path]):
    """The path of a file or a directory.

    As an input, the function gets the path. As an output, the function has written the file and returns its path.
    """

    def load(self, path: Path) -> Path:
        """Return the path."""
        return path

    def save(self, value: str | os.PathLike[str], path: Path) -> None:
        """Check that the function returned the declared path, and that something is there.

        Raises TypeError, ValueError or FileNotFoundError that says what is wrong.
        """
        if not isinstance(value, str | os.PathLike):
            raise TypeError(f"the path {path} was declared, but the value is of type {type(value).__qualname__}")
        if os.path.abspath(value) != os.path.abspath(path):
            raise ValueError(f"the path {path} was declared, but the value is {os.fspath(value)}")
        if not os.path.lexists(path):
            raise FileNotFoundError(f"{path} was returned, but not written")
