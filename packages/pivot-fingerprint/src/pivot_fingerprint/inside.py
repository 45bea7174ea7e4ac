"""Whether a module has something of a dotted name: ``Model.rate``, a field, or ``make.scale``, an inner function.

Read from its text alone, to tell a mistyped name from one that has no part of its own. The text does not say what a
class inherits, nor what the attributes of an object are: such names are believed.
"""

import ast
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def has_inside(source: str, name: str) -> bool:
    """Return whether anything in a source may be what a name like ``make.<locals>.scale`` stands for."""
    found: list[ast.AST] = [ast.parse(source)]
    for one in name.replace("<locals>.", "").split("."):
        found = [inner for scope in found for inner in _named(scope, one)]
    return bool(found)


def _named(scope: ast.AST, name: str) -> Iterator[ast.AST]:
    """Yield what the name stands for in a scope; the scope itself where its text does not say."""
    if not isinstance(scope, (ast.Module, *_SCOPES)) or (isinstance(scope, ast.ClassDef) and scope.bases):
        yield scope
    for one in ast.walk(scope):
        match one:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if one.name == name and one is not scope:
                    yield one
            case ast.Name(id=found, ctx=ast.Store()) | ast.Attribute(attr=found, ctx=ast.Store()):
                if found == name:
                    yield one
