"""The source text of a part, as this look saw it. A file that was edited since has none.

Works on the facts of one module. Where several statements make one part and it depends on what they do which ones
those are, ``project`` decides.
"""

import io
from collections.abc import Iterable, Sequence

import blake3

from pivot_fingerprint.definitions import Definition
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.parts import Part
from pivot_fingerprint.sources import read_module


class _Module:
    """The lines of a module, its definitions by kind and name, and the methods of its classes by the index of these."""

    def __init__(self, file: str, lines: list[str], definitions: list[Definition]) -> None:
        self.file = file
        self.lines = lines
        self.all = definitions
        self.definitions: dict[tuple[str, str], list[int]] = {}
        self.methods: dict[int, list[Definition]] = {}
        for at, one in enumerate(definitions):
            self.definitions.setdefault((one.kind, one.name), []).append(at)
            self.methods.setdefault(one.owner, []).append(one)


class Excerpts:
    """Texts of the parts of modules."""

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._last: _Module | None = None

    def text(self, part: Part) -> str | None:
        """Return the text of a part's definitions; None if that takes to know more than its module."""
        if part.file is None or not part.line or part.kind not in ("func", "method", "class", "const"):
            return None
        module = self._last
        if module is None or module.file != part.file:
            module = self._last = self._read(part.file)
        found = module.definitions.get((part.kind, part.name), []) if module is not None else []
        if module is None or not found or (part.kind == "const" and len(found) > 1):
            return None
        return "\n".join(excerpt(module.all[at], module.methods.get(at, ()), module.lines) for at in found)

    def _read(self, file: str) -> _Module | None:
        digest = self._memo.digest(file)
        if digest is None:
            return None
        try:
            _, facts = read_module(self._memo, file, digest)
        except OSError:
            return None
        lines = read_lines(file, digest)
        return None if lines is None else _Module(file, lines, facts.definitions)


def read_lines(file: str, digest: str | None) -> list[str] | None:
    """Return the lines of a file, None unless it has this digest."""
    try:
        with open(file, "rb") as opened:
            data = opened.read()
    except OSError:
        return None
    if blake3.blake3(data).hexdigest() != digest:
        return None
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape").readlines()


def excerpt(definition: Definition, methods: Iterable[Definition], lines: Sequence[str]) -> str:
    """Return the lines of a definition; those of its methods are left out of a class."""
    inside = {line for one in methods for line in range(one.line, one.end + 1)}
    return "".join(lines[line - 1] for line in range(definition.line, definition.end + 1) if line not in inside)
