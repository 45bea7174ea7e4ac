"""Which code can notice that something outside the project was changed, by what that code uses.

``json.dumps = mine`` is noticed by whoever uses ``json``, and by whoever uses any installed distribution, since nobody
knows how those use the standard library. ``numpy.set_printoptions()`` is noticed by whoever uses numpy or a
distribution that requires it. A call of which nothing is known may have changed anything. ``walk`` asks when everything
else is reached.
"""

from collections.abc import Iterable

from pivot_fingerprint.behaviour import WITHIN
from pivot_fingerprint.sources import Outside, Sources

# Modules that have to do with all that a process does, also where their names are not used.
_OF_THE_PROCESS = frozenset(
    [
        "codecs",
        "decimal",
        "gc",
        "importlib",
        "io",
        "locale",
        "os",
        "random",
        "signal",
        "socket",
        "threading",
        "time",
        "warnings",
    ]
)
_OF_EVERYTHING = frozenset(["sys", "builtins"])
# Distributions whose functions change nothing but their own state, by their modules.
_SELF_CONTAINED = frozenset(
    [
        "altair",
        "cattrs",
        "cycler",
        "jax",
        "matplotlib",
        "numpy",
        "omegaconf",
        "pandas",
        "plotly",
        "polars",
        "pyarrow",
        "sklearn",
        "torch",
        "yaml",
    ]
)
# Distributions whose functions change the state of another one, and nothing else.
_SETS = {"seaborn": "matplotlib"}


class Influence:
    """Whether code notices changes, given the modules outside the project that it uses."""

    def __init__(self, sources: Sources, outside: Iterable[Outside]) -> None:
        self._sources = sources
        self._outside = frozenset(outside)
        self._tops = {one.name.partition(".")[0] for one in self._outside}
        self._installed = any(one.kind != "standard" for one in self._outside)
        self._required: frozenset[str] | None = None

    def feels(self, changed: str) -> bool:
        """Whether a change is felt: of something by its dotted name, or of that and nothing else after ``WITHIN``."""
        only = changed.startswith(WITHIN)
        top = changed.removeprefix(WITHIN).partition(".")[0]
        top = _SETS.get(top, top)
        if top in _OF_EVERYTHING or top in self._tops:
            return True
        found = self._sources.module(top)
        match found:
            case Outside(kind="standard"):
                return self._installed or (bool(self._tops) and top in _OF_THE_PROCESS)
            case Outside(kind="installed", distribution=distribution) if only or top in _SELF_CONTAINED:
                return distribution is not None and distribution.name in self._requirements()
        return bool(self._tops)

    def _requirements(self) -> frozenset[str]:
        """Return the distributions that the used ones require, and those in turn, by name."""
        if self._required is None:
            stack = [one.distribution.name for one in self._outside if one.distribution is not None]
            found: set[str] = set()
            while stack:
                name = stack.pop()
                if name not in found:
                    found.add(name)
                    distribution = self._sources.distribution(name).distribution
                    stack.extend(distribution.requires if distribution is not None else ())
            self._required = frozenset(found)
        return self._required
