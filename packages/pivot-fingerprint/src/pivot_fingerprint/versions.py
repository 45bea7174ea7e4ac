"""Branches that the present version of Python never takes: ``if sys.version_info >= (3, 8): ... else: ...``.

A fingerprint is for one version of Python, so such a branch is no part of any definition, nor is the condition.
``facts`` calls this with the tree of a module before anything else looks at it. Conditions on the platform stay: a
fingerprint is the same on all platforms.
"""

import ast
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
# What a statement that is never executed may still change in the function around: which names are local, its kind.
_SHAPING = (
    ast.Await,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Global,
    ast.Import,
    ast.ImportFrom,
    ast.MatchAs,
    ast.MatchMapping,
    ast.MatchStar,
    ast.Nonlocal,
    ast.Yield,
    ast.YieldFrom,
)


def without_other_versions(tree: ast.Module, source: bytes) -> ast.Module:
    """Return the tree of a module without what only other versions of Python execute; it may be changed in place."""
    if b"version_info" not in source:
        return tree
    names = _names(tree)
    return _Pruner(*names).visit(tree) if names is not None else tree


def _names(tree: ast.Module) -> tuple[set[str], set[str]] | None:
    """Return the names of ``sys`` and of ``sys.version_info`` in a module, None if they may mean anything else."""
    modules: set[str] = set()
    versions: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    (modules if alias.name == "sys" else others).add(alias.asname or alias.name.partition(".")[0])
            case ast.ImportFrom():
                for alias in node.names:
                    own = node.module == "sys" and not node.level and alias.name == "version_info"
                    (versions if own else others).add(alias.asname or alias.name)
            case ast.Name(ctx=ast.Store() | ast.Del(), id=name) | ast.arg(arg=name):
                others.add(name)
            case ast.Attribute(ctx=ast.Store() | ast.Del(), attr="version_info"):
                return None
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                others.add(name)
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                others.add(name)
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                others.add(name)
    if "*" in others or not others.isdisjoint(modules | versions) or not modules.isdisjoint(versions):
        return None
    return modules, versions


class _Pruner(ast.NodeTransformer):
    """Puts the branch that is taken in the place of a condition."""

    def __init__(self, modules: set[str], versions: set[str]) -> None:
        self._modules = modules
        self._versions = versions
        self._depth = 0  # how many functions deep

    def visit_If(self, node: ast.If) -> Any:
        holds = self._holds(node.test)
        if holds is None or (self._depth and _shapes(node.orelse if holds else node.body)):
            return self.generic_visit(node)
        taken = node.body if holds else node.orelse
        first = ast.copy_location(ast.Pass(), node)  # so that a text that comes first does not become a docstring
        return [first, *self.generic_visit(ast.Module(taken, [])).body]  # type: ignore[attr-defined]  # the same module

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        holds = self._holds(node.test)
        if holds is None or _shapes([node.orelse if holds else node.body]):
            return self.generic_visit(node)
        return self.visit(node.body if holds else node.orelse)

    def visit(self, node: ast.AST) -> Any:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        self._depth += is_function
        found = super().visit(node)
        self._depth -= is_function
        return found

    def _holds(self, test: ast.expr) -> bool | None:
        """Return whether a condition holds, None if that is not a matter of the version alone."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                holds = self._holds(operand)
                return None if holds is None else not holds
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                known, limit = self._version(left), _limit(right)
                compare = _OPERATORS.get(type(op))
                if compare is None or type(known) is not type(limit) or known is None:
                    return None
                if isinstance(limit, tuple) and len(limit) > 2:
                    return None
                return compare(known, limit)
        return None

    def _version(self, node: ast.expr) -> tuple[int, ...] | int | None:
        match node:
            case ast.Subscript(
                value=value, slice=ast.Slice(lower=None, upper=ast.Constant(value=int() as end), step=None)
            ):
                return sys.version_info[:2][:end] if end in (1, 2) and self._is_version(value) else None
            case ast.Subscript(value=value, slice=ast.Constant(value=int() as at)):
                return int(sys.version_info[at]) if at in (0, 1) and self._is_version(value) else None
            case ast.Attribute(value=value, attr="major" | "minor" as name) if self._is_version(value):
                return int(getattr(sys.version_info, name))
        # a third number, so that it is more than any pair of numbers, as the whole of it is
        return (*sys.version_info[:2], 0) if self._is_version(node) else None

    def _is_version(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="version_info"):
                return name in self._modules
            case ast.Name(id=name):
                return name in self._versions
        return False


def _limit(node: ast.expr) -> tuple[int, ...] | int | None:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Tuple(elts=elements):
            values = [one.value for one in elements if isinstance(one, ast.Constant) and type(one.value) is int]
            return tuple(values) if len(values) == len(elements) else None
    return None


def _shapes(nodes: Sequence[ast.AST]) -> bool:
    """Whether code that is never executed has a meaning all the same."""
    for one in nodes:
        for node in ast.walk(one):
            if isinstance(node, _SHAPING) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                return True
    return False
