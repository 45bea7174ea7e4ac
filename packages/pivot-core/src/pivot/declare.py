"""What a stage's annotations say: ``Dep``, ``Out`` and ``Metric``, each a path and a loader.

Plain values. ``signature`` finds them in annotations and gives them their place; paths are checked by ``paths``.
"""

from typing import Any

from pivot.loaders.json import JSON
from pivot.loaders.path_only import PathOnly
from pivot.loaders.protocols import Reader, Writer
from pivot_fingerprint.named import NamedTuple


class Dep(NamedTuple):
    """An input: ``Annotated[pandas.DataFrame, pivot.Dep("data.csv", pivot.loaders.CSV())]`` on a parameter.

    ``path`` is relative to the directory of the file that makes the ``Pipeline``; a directory's ends in ``/``. The
    function receives what ``loader`` loads; without a loader it receives the path.
    """

    path: str
    loader: Reader[Any] = PathOnly()


class Out(NamedTuple):
    """An output, kept in the cache: ``Annotated[str, pivot.Out("report.md", pivot.loaders.Text())]`` as return type.

    ``path`` is relative to the directory of the file that makes the ``Pipeline``; a directory's ends in ``/``. What the
    function returns is saved by ``loader``; without a loader the function writes the file itself and returns its path.
    """

    path: str
    loader: Writer[Any] = PathOnly()

    @property
    def kind(self) -> str:
        """The word for it in manifests and lock files."""
        return "out"


class Metric(NamedTuple):
    """An output that is small, meant to be read and compared, and kept in git instead of the cache: JSON by default."""

    path: str
    loader: Writer[Any] = JSON()

    @property
    def kind(self) -> str:
        """The word for it in manifests and lock files."""
        return "metric"


type Output = Out | Metric
