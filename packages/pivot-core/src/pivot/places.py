"""Where something is written: the line of a function, of a parameter, of a key in a TypedDict.

Read from the source file when an error needs it, never before. For what cannot be found stands what is around it: the
function for a parameter, the class for a key.
"""

import ast
import inspect
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType
from typing import Any

from pivot_fingerprint.named import NamedTuple


class Place(NamedTuple):
    """A line of a file; ``file`` is an absolute path, ``line`` 1-based or 0."""

    file: str
    line: int


def plain_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that was written, from under partials, bound methods, callable instances and decorators."""
    while True:
        if isinstance(function, partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif not hasattr(function, "__code__") and inspect.ismethod(call := getattr(function, "__call__", None)):  # noqa: B004 - the method itself is wanted
            function = call
        else:
            return function


def function_place(function: Callable[..., Any]) -> Place | None:
    """Return where a function begins, None for one that stands in no file."""
    code = getattr(plain_function(function), "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if code and code.co_filename[:1] != "<" else None


def parameter_place(function: Callable[..., Any], name: str) -> Place | None:
    """Return where a parameter stands; None if the function has no source."""
    place = function_place(function)
    node = _definition(place)
    if place is None or node is None:
        return place
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return next((Place(place.file, one.lineno) for one in listed if one and one.arg == name), place)


def return_place(function: Callable[..., Any]) -> Place | None:
    """Return where the return annotation stands; None if the function has no source."""
    place = function_place(function)
    node = _definition(place)
    if place and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Place(place.file, node.returns.lineno if node.returns else node.lineno)
    return place


def key_place(cls: type, key: str) -> Place | None:
    """Return where a key of a TypedDict stands; None if its source is not found."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return None
    for node in _nodes(file):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            keys = (one for one in node.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == key)
            return Place(file, next((one.lineno for one in keys), node.lineno))
    return None


type _Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _definition(place: Place | None) -> _Definition | None:
    if place is None:
        return None
    for node in _nodes(place.file):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and _first_line(node) == place.line:
            return node
    return None


def _first_line(node: _Definition) -> int:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])


def _nodes(file: str) -> Iterator[ast.AST]:
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return iter(())
    return ast.walk(tree)


def calling_place(frame: FrameType) -> Place:
    """Return where a frame is."""
    return Place(os.path.abspath(frame.f_code.co_filename), _line(frame.f_code, frame.f_lasti))


type _Lines = tuple[CodeType, tuple[int, ...], tuple[int | None, ...]]
"""A code object, the offsets at which its instructions for a line begin, and these lines."""

_lines: _Lines | None = None  # of the code that called last: most stages are registered by one


def _line(code: CodeType, offset: int) -> int:
    """Return the line of an instruction. A frame counts from the beginning of its code each time it is asked."""
    global _lines
    known = _lines
    if known is None or known[0] is not code:
        offsets, _, lines = zip(*code.co_lines(), strict=True)
        known = _lines = code, offsets, lines
    return known[2][bisect_right(known[1], offset) - 1] or 0
