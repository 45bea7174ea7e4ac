"""What the value of a constant is made of, as far as it decides whether anything can see the constant's name.

Values know no names, but for classes and functions: these are bound by statements of their own, and by calls that make
one (``namedtuple``, ``NewType``), which are not among those known here. Asked by ``facts``; that the names in a value
are harmless too is found by ``shapes``.
"""

import ast
from collections.abc import Callable

from pivot_fingerprint.definitions import BUILT, COMPUTED

# Outside the project: what gives a value that cannot be changed, and what gives a new container.
_MAKES_VALUES = frozenset(
    [
        *(f"builtins.{name}" for name in ("abs", "bool", "bytes", "complex", "divmod", "float", "frozenset", "int")),
        *(f"builtins.{name}" for name in ("len", "pow", "range", "round", "str", "tuple")),
        *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")),
        "decimal.Decimal",
        "fractions.Fraction",
        "logging.getLogger",  # of one name it is always the same
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PurePosixPath",
        "re.compile",
    ]
)
_MAKES_CONTAINERS = frozenset(
    [
        *(f"builtins.{name}" for name in ("dict", "enumerate", "list", "set", "sorted", "zip")),
        *(f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque")),
        *(f"numpy.{name}" for name in ("arange", "array", "asarray", "eye", "full", "linspace", "logspace")),
        *(f"numpy.{name}" for name in ("ones", "zeros")),
    ]
)
_METHODS = frozenset(
    [
        *("absolute", "expanduser", "joinpath", "resolve", "with_name", "with_suffix"),  # of paths
        *("encode", "format", "join", "lower", "replace", "rsplit", "split", "splitlines", "strip", "title", "upper"),
    ]
)
_OPERATORS = (
    ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Subscript,
    ast.Slice, ast.Tuple, ast.Starred, ast.keyword,
)  # fmt: skip
_CONTAINERS = (
    ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension,
)  # fmt: skip
_SILENT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)

type Canonical = Callable[[ast.expr], str]


def is_value(name: str) -> bool:
    """Whether what has a dotted name outside the project cannot be changed, and gives only what cannot be."""
    return name in _MAKES_VALUES or name.startswith(("math.", "re."))


def made_of(node: ast.expr, canonical: Canonical) -> int:
    """Return COMPUTED for a value that cannot be changed if what it names cannot, BUILT for a container made here.

    Else 0, also for what is only another name for something.
    """
    if isinstance(node, ast.Constant | ast.Name | ast.Attribute):
        return _kind(node, canonical) if isinstance(node, ast.Attribute) and not _is_dotted(node) else 0
    kind = _kind(node, canonical)
    if kind != BUILT:
        return kind
    new = (*_CONTAINERS, ast.Tuple, ast.Call)
    return BUILT if isinstance(node, new) else 0


def _kind(node: ast.AST, canonical: Canonical) -> int:
    match node:
        case ast.Constant() | ast.Name():
            return COMPUTED
        case ast.Attribute(value=value):
            return COMPUTED if _is_dotted(node) else _kind(value, canonical)
        case ast.Call(func=func, args=args, keywords=keywords):
            kinds = [_of_callee(func, canonical), *(_kind(one, canonical) for one in (*args, *keywords))]
        case _ if isinstance(node, _OPERATORS):
            kinds = [COMPUTED, *_inside(node, canonical)]
        case _ if isinstance(node, _CONTAINERS):
            kinds = [BUILT, *_inside(node, canonical)]
        case _:
            return 0
    return 0 if 0 in kinds else max(kinds)


def _inside(node: ast.AST, canonical: Canonical) -> list[int]:
    return [_kind(one, canonical) for one in ast.iter_child_nodes(node) if not isinstance(one, _SILENT)]


def _of_callee(func: ast.expr, canonical: Canonical) -> int:
    if isinstance(func, ast.Attribute) and not _is_dotted(func):
        return _kind(func.value, canonical) if func.attr in _METHODS else 0
    name = canonical(func)
    if name in _MAKES_VALUES or name.startswith("math."):
        return COMPUTED
    return BUILT if name in _MAKES_CONTAINERS else 0


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
