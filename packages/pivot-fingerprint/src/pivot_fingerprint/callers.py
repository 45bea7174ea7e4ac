"""What is known of calls by how they are written: whether they only call what they are given, whether they see names.

``calling`` asks; a dotted name is what the callee most likely stands for, as readers find it.
"""

import ast
import re
from collections.abc import Callable, Mapping

from pivot_fingerprint.vocabulary import NAMERS_BY_CALL

# How the methods are called that an operator stands for.
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.MatMult: "matmul", ast.Div: "truediv", ast.Mod: "mod",
    ast.FloorDiv: "floordiv", ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitOr: "or",
    ast.BitXor: "xor", ast.BitAnd: "and",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d]\w*")
# Libraries in which a ``stack`` joins arrays.
_ARRAYS = frozenset({"cupy", "dask", "jax", "numpy", "tensorflow", "torch"})
_MAKES_FIELDS = frozenset({"attr.define", "attr.s", "attrs.define", "attrs.frozen", "dataclasses.dataclass"})
_TAKES_KEY = frozenset({"builtins.max", "builtins.min", "builtins.sorted"})
# What asks at once for all that an iterator gives, and keeps none of it; what gives an iterator.
_USES_UP = _TAKES_KEY.union(
    f"builtins.{name}" for name in ("all", "any", "dict", "frozenset", "list", "set", "sum", "tuple")
)
# What changes its first argument.
CHANGES_FIRST = frozenset(
    [
        "builtins.next",
        "bisect.insort",
        "bisect.insort_left",
        "bisect.insort_right",
        "functools.update_wrapper",
        "heapq.heapify",
        "heapq.heappop",
        "heapq.heappush",
        "heapq.heapreplace",
        "heapq.heappushpop",
        "numpy.copyto",
        "numpy.fill_diagonal",
        "numpy.place",
        "numpy.put",
        "numpy.putmask",
        "operator.delitem",
        "operator.setitem",
        "random.shuffle",
    ]
)
_LAZY = frozenset({"builtins.enumerate", "builtins.filter", "builtins.map", "builtins.zip"})


def calls_first(name: str, *, used_up: bool) -> bool:
    """Whether a call does nothing with its first argument but calling it; ``used_up``: nobody sees what it gives."""
    return name == "functools.reduce" or (used_up and name in ("builtins.filter", "builtins.map"))


def calls_key(name: str) -> bool:
    """Whether a call does nothing with what it is given as key but calling it."""
    return name in _TAKES_KEY


def is_lazy(name: str) -> bool:
    """Whether a call gives an iterator that holds what it was given."""
    return name in _LAZY


def uses_up(node: ast.Call, name: str, *, used_up: bool) -> bool:
    """Whether nobody but a call sees the iterators that it is given."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        return isinstance(node.func.value, ast.Constant)
    return name in _USES_UP or (used_up and name in _LAZY)


def sees_names(node: ast.Call, name: str) -> bool:
    """Whether a call may look at frames, or find names by a text, going by what it is called and given.

    ``model.eval()`` evaluates nothing, ``np.stack`` looks at no stack, and a text without ``@`` asks for no names.
    """
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rpartition(".")[2]
    if last not in NAMERS_BY_CALL and last != "sql":
        return False
    match last:
        case "eval" | "sql":
            return bool(node.args or node.keywords)
        case "stack":
            return bool(name) and name.partition(".")[0] not in _ARRAYS
    return not all(map(_is_plain_text, node.args)) or not all(
        isinstance(keyword.value, ast.Constant) for keyword in node.keywords
    )


def words_in_texts(node: ast.Call, values: Mapping[str, ast.expr]) -> set[str]:
    """Return the words in the texts that a call is given: ``df.query("size > @LIMIT")`` finds what they name.

    ``values`` are what names of the module are bound to.
    """
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    known = [values.get(one.id, one) if isinstance(one, ast.Name) else one for one in given]
    parts = [part.value for one in known for part in ast.walk(one) if isinstance(part, ast.Constant)]
    return {word for text in parts if isinstance(text, str) for word in _WORD.findall(text)}


def reads_members(node: ast.Call, name: str, is_object: Callable[[str], bool]) -> bool:
    """Whether a call may ask a class, or a function that it is in, for its names: ``dir()``, or ``vars`` of anything
    that is not an object as ``is_object`` says."""
    if name == "builtins.dir" and not node.args:
        return True
    return name == "builtins.vars" and not any(isinstance(one, ast.Name) and is_object(one.id) for one in node.args)


def makes_fields(node: ast.Call, name: str) -> bool:
    """Whether a call makes fields of the annotations of a class: that of a decorator, made like any other call."""
    return bool(node.args) and name in _MAKES_FIELDS


def _is_plain_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str() as text):
            return "@" not in text and " from " not in text.lower()
    return False
