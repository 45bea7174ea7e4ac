"""The digest of a function's instructions: it tells apart functions of one name, such as lambdas.

It only distinguishes what is there now; to follow edits of the source is the work of the closure. Instructions depend
on the layout of the source (whether two names stand on one line decides how they are loaded). So the file is compiled
once more without positions and docstrings, and the instructions of the same function are taken from there.
"""

import ast
import bisect
import dis
import functools
import itertools
import os
import types
from collections.abc import Callable, Iterator, Mapping

from pivot_fingerprint.preimage import hash_pieces, text_piece

_NEUTRAL = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "RESUME"})
_PARAMETERS = 0x04 | 0x08 | 0x20 | 0x80 | 0x200  # *args, **kwargs, generator, coroutine, asynchronous generator


def is_ambiguous(code: types.CodeType) -> bool:
    """Whether the qualified name may stand for several functions: any lambda, and twins within one factory."""
    if "<lambda>" in code.co_qualname:
        return True
    return "<" in code.co_qualname and len(_twins(code)) != 1


def is_from_text(code: types.CodeType) -> bool:
    """Whether the code stands in no file: it was made by ``exec``, or by a library that writes code."""
    return not os.path.isabs(code.co_filename) and not code.co_filename.startswith("<frozen ")


def code_digest(code: types.CodeType, digest: Callable[[object], bytes]) -> bytes:
    """The instructions with what they refer to, whatever the layout of the source, as long as the source can be read.

    ``digest`` gives the digests of constants.
    """
    same = (normal for original, normal in _twins(code) if original == code)
    return _digest(next(same, code), digest)


def _digest(code: types.CodeType, digest: Callable[[object], bytes]) -> bytes:
    steps = [step for step in dis.get_instructions(code) if step.opname not in _NEUTRAL]
    offsets = [step.offset for step in steps]
    # the body of a class stores the line of the class, which moves with what is above
    lines = {
        before
        for before, step in enumerate(steps, -1)
        if step.opname == "STORE_NAME" and step.argval == "__firstlineno__"
    }
    pieces: list[bytes] = []
    for at, step in enumerate(steps):
        if at in lines:
            continue
        pieces.append(step.opname.encode())
        if step.opcode in dis.hasjump:
            pieces.append(str(bisect.bisect_left(offsets, step.jump_target)).encode())
        elif isinstance(step.argval, types.CodeType):
            pieces.append(_digest(step.argval, digest))
        elif step.opcode in dis.hasconst:
            pieces.append(digest(step.argval))
        else:
            pieces.append(text_piece(repr(step.argval)))
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _PARAMETERS, parameters)
    return hash_pieces("code", text_piece(repr(shape)), *pieces)


_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.GeneratorExp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.TypeAlias,
    ast.type_param,
)
_PLACED = (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern, ast.type_param)

type _Twin = tuple[types.CodeType, types.CodeType]  # as compiled from the source, and without layout


def _twins(code: types.CodeType) -> list[_Twin]:
    """All functions of this qualified name in the file; none if it cannot be read."""
    try:
        status = os.stat(code.co_filename)
    except (OSError, ValueError):
        return []
    return _functions(code.co_filename, status.st_mtime_ns, status.st_size).get(code.co_qualname, [])


@functools.lru_cache(maxsize=256)
def _functions(file: str, _modified: int, _size: int) -> Mapping[str, list[_Twin]]:
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read(), file)
        original = compile(tree, file, "exec", dont_inherit=True)
        normal = compile(_without_layout(tree), file, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, list[_Twin]] = {}
    for pair in zip(_inside(original), _inside(normal), strict=True):
        found.setdefault(pair[0].co_qualname, []).append(pair)
    return found


def _inside(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _inside(constant)


def _without_layout(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(ast.Constant(str())), *_]:
                    node.body[0] = ast.Pass()
    _place(tree, itertools.count(2), 1)
    return tree


def _place(node: ast.AST, numbers: Iterator[int], line: int) -> None:
    """Put each scope on a line of its own: of two that are equal and stand in one place the compiler makes one."""
    for child in ast.iter_child_nodes(node):
        own = next(numbers) if isinstance(child, _SCOPES) else line
        if isinstance(child, _PLACED):
            child.lineno = child.end_lineno = own
            child.col_offset = child.end_col_offset = 0
        _place(child, numbers, own)
