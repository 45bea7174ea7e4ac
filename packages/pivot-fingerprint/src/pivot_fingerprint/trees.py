"""Everything in a syntax tree, by kind, found in one walk.

``facts`` walks through each function of a project once, for all who look for something in it: with ``ast.walk``, which
also visits contexts and operators, that took a fifth of the time in which a project is read.
"""

import ast
import functools
from collections.abc import Mapping
from typing import Any

type Nodes = Mapping[type[ast.AST], list[Any]]

_LEAVES = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "kind", "type_comment"})


def nodes(root: ast.AST) -> Nodes:
    """Return a node and all nodes below it by their kind, without contexts and operators; kinds that are not there are
    left out, and the order is none."""
    found: dict[type[ast.AST], list[Any]] = {}
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind in found:
            found[kind].append(node)
        else:
            found[kind] = [node]
        for field in _inner(kind):
            value = getattr(node, field, None)
            if type(value) is list:
                waiting.extend(value)
            elif value is not None:
                waiting.append(value)
    return found


@functools.cache
def _inner(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of node in which there may be others; what is no node has none."""
    fields: tuple[str, ...] = () if kind is ast.Constant else getattr(kind, "_fields", ())
    return tuple(field for field in fields if field not in _LEAVES)
