"""What the header of a function, a class or a condition says: harmless decorators, overloads, types of parameters.

Serves ``facts``, which splits a module into statements.
"""

import ast
from collections.abc import Iterator, Sequence

from pivot_fingerprint.doing import DefinitionReader
from pivot_fingerprint.reading import Module, dotted

# Decorators after whose use the order of the methods of a class is of no account.
_UNORDERED = frozenset(
    [
        "property",
        "staticmethod",
        "classmethod",
        "abstractmethod",
        "cached_property",
        "setter",
        "getter",
        "deleter",
        "overload",
        "override",
        "final",
        "cache",
        "lru_cache",
        "wraps",
        "contextmanager",
        "asynccontextmanager",
        "singledispatchmethod",
    ]
)
# Loaders that give data of known types: nothing of the project arrives through them.
_DATA_LOADERS = frozenset(
    ["JSON", "JSONLines", "YAML", "CSV", "Parquet", "Text", "Bytes", "Numpy", "MatplotlibFigure", "PathOnly"]
)


def is_main_guard(test: ast.expr) -> bool:
    """Whether a condition is ``__name__ == "__main__"``: never so in a module that is imported."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Compare(left=ast.Constant(value="__main__"), ops=[ast.Eq()], comparators=[ast.Name(id="__name__")]):
            return True
    return False


def is_metaclass(base: str) -> bool:
    """Whether a class with such a base makes classes, and is given what is in their bodies in order."""
    return base == "builtins.type" or base.rpartition(".")[2] in ("ABCMeta", "EnumMeta", "EnumType")


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> bool:
    """Whether a function is a declaration for type checkers."""
    return any(
        module.canonical(path) in ("typing.overload", "typing_extensions.overload")
        for path in (dotted(decorator) for decorator in node.decorator_list)
        if path is not None
    )


def orders_class(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the place of a method among the others may matter: whether it has a decorator of an unknown kind."""
    for decorator in method.decorator_list:
        path = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if path is None or path.rpartition(".")[2] not in _UNORDERED:
            return True
    return False


def registration(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """Return a name for a function that is named ``_`` because only its registration counts, else None."""
    if node.name != "_":
        return None
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        path = dotted(call.func if call else decorator)
        if path is not None and path.endswith(".register"):
            parameters = [*node.args.posonlyargs, *node.args.args]
            kind = call.args[0] if call and call.args else parameters[0].annotation if parameters else None
            return f"{path.removesuffix('.register')}[{ast.unparse(kind) if kind else ''}]"
    return None


def outside_paths(nodes: Sequence[ast.expr], reader: DefinitionReader) -> list[str]:
    """Return the paths of decorators or bases that are something outside; arguments and subscripts are left aside."""
    found = []
    for one in nodes:
        node = one.func if isinstance(one, ast.Call) else one.value if isinstance(one, ast.Subscript) else one
        path = reader.outside_path(node)
        if path is not None:
            found.append(path)
    return found


def hints(node: ast.FunctionDef | ast.AsyncFunctionDef, reader: DefinitionReader) -> list[str]:
    """Return the paths of types of parameters whose instances a function may get without naming them.

    A type in an ``Annotated`` counts if a loader is there that may make any object; a type by itself begins with
    ``=``: it counts if it turns out to be a class of parameters.
    """
    arguments = node.args
    found: dict[str, None] = {}
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        annotation = argument.annotation
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                continue
        if annotation is not None:
            found.update(dict.fromkeys(_types(annotation, reader)))
    return list(found)


def _types(annotation: ast.expr, reader: DefinitionReader) -> Iterator[str]:
    match annotation:
        case ast.Subscript(value=base, slice=ast.Tuple(elts=[kind, *metadata])) if reader.canonical(base).endswith(
            ".Annotated"
        ):
            if any(_loads_objects(one, reader) for one in metadata):
                yield from (path.removeprefix("=") for path in _types(kind, reader))
        case ast.Name() | ast.Attribute():
            path = dotted(annotation)
            if path is not None and not reader.module.canonical(path).startswith("builtins."):
                yield "=" + path
        case _:
            for child in ast.iter_child_nodes(annotation):
                if isinstance(child, ast.expr):
                    yield from _types(child, reader)


def _loads_objects(metadata: ast.expr, reader: DefinitionReader) -> bool:
    """Whether a declaration says that objects of any class arrive: ``pivot.Dep(path, pivot.loaders.Pickle())``."""
    match metadata:
        case ast.Call(func=func, args=args, keywords=keywords) if reader.canonical(func).endswith(".Dep"):
            loaders = [*args[1:], *(one.value for one in keywords if one.arg == "loader")]
            names = [
                reader.canonical(one.func if isinstance(one, ast.Call) else one).rpartition(".")[2] for one in loaders
            ]
            return any(name not in _DATA_LOADERS for name in names)
    return False
