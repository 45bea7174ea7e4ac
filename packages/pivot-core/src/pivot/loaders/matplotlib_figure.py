"""Matplotlib figures as images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pivot.loaders.library import library
from pivot.loaders.protocols import Writer


class MatplotlibFigure(Writer[Any]):
    """A ``matplotlib.figure.Figure``, written in the format of the path's suffix; needs matplotlib. It cannot be read.

    ``write`` are arguments of ``Figure.savefig``, such as ``dpi``. The date and random names are left out of PDF and
    SVG files, so that the same figure gives the same bytes.
    """

    libraries = ("matplotlib",)  # their versions count

    def __init__(self, *, write: Mapping[str, Any] | None = None) -> None:
        self.write = dict(write or {})

    def save(self, value: Any, path: Path) -> None:
        """Write the figure. Raises TypeError for anything that is no figure, such as the axes."""
        matplotlib = library("matplotlib", loader="MatplotlibFigure", install="matplotlib")
        if not hasattr(value, "savefig"):
            kind = type(value).__qualname__
            raise TypeError(f"loaders.MatplotlibFigure writes a Figure, not a value of type {kind}")
        undated = UNDATED.get(str(self.write.get("format") or path.suffix[1:]).lower(), {})
        metadata = undated | dict(self.write.get("metadata") or {})
        with matplotlib.rc_context({"svg.hashsalt": "pivot"}):
            value.savefig(path, **{**self.write, "metadata": metadata or None})


UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "svgz": {"Date": None}}
