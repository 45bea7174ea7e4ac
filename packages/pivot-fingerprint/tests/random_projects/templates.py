"""How definitions of random projects are written (``kinds.txt``), and how they are imported."""

from pathlib import Path
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of definition, as ``kinds.txt`` explains."""

    value: str
    first: tuple[str, ...]
    now: bool
    looked_for: bool
    forms: tuple[str, ...]


def _read(text: str) -> dict[str, Kind]:
    found = {}
    for block in text.split("\n=== ")[1:]:
        head, *forms = block.rstrip("\n").split("\n---\n")
        name, *lines = head.split("\n")
        said = dict(line.partition(": ")[::2] for line in lines)
        first = tuple(said["first"].split(", ")) if "first" in said else ()
        found[name] = Kind(said.get("used as", ""), first, "now" in said, "looked for" in said, tuple(forms))
    return found


KINDS = _read(Path(__file__).with_name("kinds.txt").read_text())

# How a definition is imported: the statement, and the expression that it is used by.
IMPORTS = {
    "from": ("from {module} import {name}", "{name}"),
    "as": ("from {module} import {name} as other_{name}", "other_{name}"),
    "module": ("import {module}", "{module}.{name}"),
    "module as": ("import {module} as {last}_", "{last}_.{name}"),
    "package": ("from {package} import {last}", "{last}.{name}"),
    "relative": ("from .{last} import {name}", "{name}"),
    "star": ("from {module} import *", "{name}"),
    "facade": ("from {facade} import {name}", "{name}"),
    "try": ("try:\n    from {module} import {name}\nexcept KeyError:\n    {name} = None", "{name}"),
    "condition": ("if len('a') == 1:\n    from {module} import {name}\nelse:\n    {name} = None", "{name}"),
    "getattr": ("import {module} as {last}_", "getattr({last}_, '{name}')"),
    "importlib": ("", "importlib.import_module('{module}').{name}"),
}
INSIDE = ("from", "as", "module as", "package", "facade", "importlib")  # those in functions
