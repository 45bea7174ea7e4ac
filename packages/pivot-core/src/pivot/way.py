"""The way from a stage to something that its code reaches: ``train → Model.fit → normalize``.

For explanations and for the question which stages an edit would run; nothing is decided by it.
"""

from pivot.manifest import StageSpec
from pivot_fingerprint import Fingerprint, Part
from pivot_fingerprint.named import NamedTuple


class Way(NamedTuple):
    """The names from the stage to a part, both included, and the key of the part at which its code began."""

    names: tuple[str, ...]
    begins: str

    @property
    def first(self) -> str:
        """The part at which it begins, as locks name what only a run showed: ``module:name``."""
        return self.begins.partition(":")[2]

    def __str__(self) -> str:
        return " → ".join(self.names)


def find_way(stage: StageSpec, code: Fingerprint, key: str) -> Way:
    """Return the shortest way. The stage's name stands for its own function; whatever else its code begins with, such
    as a loader, is named after it."""
    names: list[str] = []
    seen: set[str] = set()
    begins, at = key, code.parents.get(key)
    while at is not None and at not in seen:
        seen.add(at)
        names.append(_name(begins))
        begins, at = at, code.parents.get(at)
    if not _is_own(stage, code, begins):
        names.append(_name(begins))
    return Way((stage.name, *reversed(names)), begins)


def _is_own(stage: StageSpec, code: Fingerprint, key: str) -> bool:
    """Whether a part is the stage's own function, or what that stands in."""
    module, name = key.split(":", 2)[1:]
    if not stage.entries or name == stage.name:
        return name == stage.name
    function = stage.entries[0]
    own = (part for part in code.parts if part.key == key and module == function.module)
    return any(_holds(part, function.line) for part in own)


def _holds(part: Part, line: int) -> bool:
    return part.line <= line <= part.end_line


def _name(key: str) -> str:
    kind, module, name = key.split(":", 2)
    return name or module or kind
