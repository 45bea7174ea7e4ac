"""The body of a class: in which order its members stand, and where that order is of no account.

Methods, and attributes that are constants, may stand in any order, for all who do not ask the class for its members.
Serves ``facts``; who asks is found by what code mentions, in ``reading``.
"""

import ast
from itertools import groupby

from pivot_fingerprint.headers import orders_class

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def arranged(node: ast.ClassDef, bound: set[str]) -> list[ast.stmt]:
    """Return the statements of a class but its methods; attributes that are constants by name where they follow one
    another. ``bound`` are the names that the body binds."""
    body = [one for one in node.body if not _is_silent(one)]
    if node.decorator_list or node.keywords:
        return body
    found: list[ast.stmt] = []
    for name, group in groupby(body, lambda one: _constant(one, bound) != ""):
        statements = list(group)
        names = [_constant(one, bound) for one in statements]
        if name and len(set(names)) == len(names):
            statements.sort(key=lambda one: _constant(one, bound))
        found.extend(statements)
    return found


def methods(node: ast.ClassDef) -> list[Function]:
    """Return the methods of a class."""
    return [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]


def members(node: ast.ClassDef) -> list[str]:
    """Return the names in the body of a class in their order; those of methods end in ``()``."""
    found: list[str] = []
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.append(f"{name}()")
            case ast.ClassDef(name=name):
                found.append(name)
            case ast.Assign() | ast.AnnAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                found.extend(one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
    return found


def ordering(node: ast.ClassDef, bound: set[str]) -> list[str]:
    """Return what the order of methods may matter for while the class is made."""
    found = [one.name for one in methods(node) if orders_class(one)]
    if any(_reads(one, bound) for one in methods(node)):
        return members(node)
    return found


def _reads(method: Function, bound: set[str]) -> bool:
    """Whether a default of a method is a name of the class."""
    defaults = [one for one in (*method.args.defaults, *method.args.kw_defaults) if one is not None]
    return any(isinstance(one, ast.Name) and one.id in bound for default in defaults for one in ast.walk(default))


def _is_silent(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Pass):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _constant(statement: ast.stmt, bound: set[str]) -> str:
    """Return the name of an attribute whose value is the same wherever it stands, empty for any other statement."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name if _is_constant(value, bound) else ""
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name if _is_constant(value, bound) else ""
    return ""


def _is_constant(node: ast.expr, bound: set[str]) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name not in bound
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return all(_is_constant(one, bound) for one in elements)
        case ast.Dict(keys=keys, values=values):
            return all(one is not None and _is_constant(one, bound) for one in (*keys, *values))
        case ast.UnaryOp(operand=ast.Constant()):
            return True
    return False
