"""Whether a method only stores what it gets in its object, as ``register`` of a registry does.

A function that is decorated with such a method depends on that method, but not on what others store in the same object:
the function is given back as it is, or wrapped in one that does not look at the object. Asked by ``facts``.
"""

import ast
from collections.abc import Iterator, Sequence

from pivot_fingerprint.trees import Nodes
from pivot_fingerprint.vocabulary import MUTATORS

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def only_records(method: Function, inside: Nodes) -> bool:
    """Whether every use of the first parameter only stores something in it, or asks it for a reason to raise."""
    arguments = [*method.args.posonlyargs, *method.args.args]
    decorated = any(not (isinstance(one, ast.Name) and one.id == "classmethod") for one in method.decorator_list)
    if not arguments or decorated:
        return False
    own = arguments[0].arg
    harmless = set(_stored(method.body, own))
    return all(one in harmless for one in inside.get(ast.Name, ()) if one.id == own)


def _stored(body: Sequence[ast.stmt], own: str) -> Iterator[ast.Name]:
    """Yield the places where the object is named and nothing depends on what is in it."""
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in _receiver(target, own))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr=method))) if method in MUTATORS:
                yield from _receiver(receiver, own)
            case ast.If(test=test, body=[ast.Raise()], orelse=[]):
                yield from (one for one in ast.walk(test) if isinstance(one, ast.Name))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _stored(statement.body, own)
            case ast.If() | ast.With() | ast.AsyncWith() | ast.For():
                yield from _stored(statement.body, own)
                yield from _stored(getattr(statement, "orelse", []), own)


def _receiver(node: ast.expr, own: str) -> Iterator[ast.Name]:
    """Yield the name of the object where an expression is a piece of it: ``self.items[key]``."""
    while True:
        match node:
            case ast.Attribute() | ast.Subscript():
                node = node.value
            case ast.Call(func=ast.Attribute(value=receiver, attr=method)) if method in MUTATORS:
                node = receiver
            case _:
                break
    if isinstance(node, ast.Name) and node.id == own:
        yield node
