"""What a loader is: something that turns a file into a value, a value into a file, or both.

The classes beside this module implement these; a user's class may subclass them, or just have the methods. Whoever
calls a loader makes the parent directory first and takes care that nothing of value is at the path.
"""

from pathlib import Path
from typing import Protocol


class Reader[R](Protocol):
    """Makes a value of type ``R`` from a file or a directory: what a ``pivot.Dep`` needs."""

    def load(self, path: Path, /) -> R:
        """Return the value at ``path``. Whatever is raised is shown as a wrong input of the stage."""
        ...


class Writer[W](Protocol):
    """Writes a value of type ``W`` to a file or a directory: what a ``pivot.Out`` needs."""

    def save(self, value: W, path: Path, /) -> None:
        """Write ``value`` to ``path``. Equal values should give equal bytes: then nothing downstream has to run."""
        ...


class Loader[W, R](Reader[R], Writer[W], Protocol):
    """Both: what ``save`` wrote from a ``W``, ``load`` gives back as an ``R``."""
