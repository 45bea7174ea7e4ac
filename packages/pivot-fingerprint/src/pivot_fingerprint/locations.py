"""Paths that source text spells out: ``Path(__file__).parent / "lib"`` as ``<file>/../lib``, without running anything.

Serves ``doing`` for scripts that are run by their path, and ``facts`` for entries that a module adds to ``sys.path``.
A path that is not absolute is relative to the working directory.
"""

import ast
import os
from collections.abc import Callable, Mapping

FILE = "<file>"
_SAME = frozenset(
    [
        "os.path.abspath",
        "os.path.realpath",
        "os.path.normpath",
        "os.path.expanduser",
        "os.fspath",
        "os.fsdecode",
        "builtins.str",
    ]
)
_PATHS = frozenset(["pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"])
_SAME_METHODS = frozenset(["resolve", "absolute", "as_posix", "expanduser"])


class Locations:
    """Evaluates expressions; ``canonical`` says what a name stands for, ``values`` what names are bound to."""

    def __init__(self, canonical: Callable[[ast.expr], str], values: Mapping[str, ast.expr]) -> None:
        self._canonical = canonical
        self._values = values

    def read(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the path that an expression spells out, None if it does not."""
        if depth > 20:
            return None
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id="__file__"):
                return FILE
            case ast.Name(id=name) if name in self._values:
                return self.read(self._values[name], depth + 1)
            case ast.Attribute(value=value, attr="parent"):
                return self._joined(depth, value, "..")
            case ast.Attribute() if self._canonical(node) == "os.pardir":
                return ".."
            case ast.Attribute() if self._canonical(node) == "os.curdir":
                return "."
            case ast.Subscript(
                value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int() as level)
            ):
                return self._joined(depth, value, *[".."] * (level + 1))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(depth, left, right)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                before, after = self.read(left, depth + 1), self.read(right, depth + 1)
                return None if before is None or after is None else before + after
            case ast.Call():
                return self._call(node, depth)
        return None

    def _call(self, node: ast.Call, depth: int) -> str | None:
        name = self._canonical(node.func)
        if name in ("os.getcwd", "pathlib.Path.cwd"):
            return "."
        if name in _SAME and node.args:
            return self.read(node.args[0], depth + 1)
        if name == "os.path.dirname" and node.args:
            return self._joined(depth, node.args[0], "..")
        if (name in _PATHS or name == "os.path.join") and node.args:
            return self._joined(depth, *node.args)
        match node.func:
            case ast.Attribute(value=value, attr=method) if method in _SAME_METHODS:
                return self.read(value, depth + 1)
            case ast.Attribute(value=value, attr="joinpath"):
                return self._joined(depth, value, *node.args)
        return None

    def _joined(self, depth: int, *pieces: ast.expr | str) -> str | None:
        path = ""
        for piece in pieces:
            text = piece if isinstance(piece, str) else self.read(piece, depth + 1)
            if text is None:
                return None
            path = text if not path or text.startswith(("/", FILE)) else f"{path}/{text}"
        return path


def placed(path: str, file: str, directory: str) -> str:
    """Return a spelled-out path as an absolute one, for a module in a file and a working directory."""
    if path.startswith(FILE):
        return os.path.normpath(file + path[len(FILE) :])
    return os.path.normpath(os.path.join(directory, path))
