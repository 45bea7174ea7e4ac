"""Reading functions, classes, comprehensions and imports: everything that has a scope, or that binds names.

The middle layer of the reader of source: ``reading`` keeps the state below it, ``doing`` adds calls and assignments
above it.
"""

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from pivot_fingerprint.definitions import IMPORT
from pivot_fingerprint.reading import Reader, dotted, literal
from pivot_fingerprint.scopes import Bindings, Scope, bindings, find, imported_names, parameters


class StructureReader(Reader):
    """The reader of any node, and of functions, classes, comprehensions and imports in their own way."""

    gets_class = False  # this is a method whose first parameter is a class that is there already

    # ------------------------------------------------------------ what only introspection sees

    def annotation(self, node: ast.expr | None, name: str) -> None:
        """Note the annotation of a name; text that is an expression counts as that expression."""

        def write() -> None:
            self.out.append(":" + name)
            annotation = node
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                with suppress(SyntaxError, ValueError):
                    annotation = ast.parse(annotation.value, mode="eval").body
            if annotation is not None:
                self.visit(annotation)

        if node is not None:
            self.note(write)

    def docstring(self, body: Sequence[ast.stmt]) -> None:
        """Keep the docstring of a function or class aside."""
        match body:
            case [ast.Expr(value=ast.Constant(value=str() as text)), *_]:
                self.docs.append(text)

    def type_parameters(self, node: Any) -> None:
        """Enter the scope of type parameters, and note them."""
        found = getattr(node, "type_params", [])
        self.scopes.append(Scope("inner", [one.name for one in found]))
        if found:
            self.note(lambda: self.sequence(found))

    # ------------------------------------------------------------ functions

    def decorator(self, node: ast.expr) -> None:
        """Write one decorator."""
        self.visit(node)

    def arguments(self, arguments: ast.arguments) -> None:
        """Write parameters and defaults; defaults belong to the scope around the function."""
        groups = (
            ("/", arguments.posonlyargs),
            ("a", arguments.args),
            ("*", [arguments.vararg] if arguments.vararg else []),
            ("k", arguments.kwonlyargs),
            ("**", [arguments.kwarg] if arguments.kwarg else []),
        )
        for kind, group in groups:
            self.out.extend(kind + argument.arg for argument in group)
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is None:
                self.out.append("-")
            else:
                self.visit(default)
        for argument in parameters(arguments):
            self.annotation(argument.annotation, argument.arg)

    def function_header(self, node: ast.FunctionDef | ast.AsyncFunctionDef, found: Bindings) -> None:
        """Write everything of a function but its body, in the scope around it, and enter its scope."""
        self.gets_class |= self.depth == 0 and gets_class(node)
        self.out.append(type(node).__name__)
        for decorator in node.decorator_list:
            self.out.append("@")
            self.decorator(decorator)
        self.type_parameters(node)
        self.arguments(node.args)
        self.annotation(node.returns, "return")
        self.docstring(node.body)
        self.enter_function(node.args, found)

    def enter_function(self, arguments: ast.arguments, found: Bindings | None) -> None:
        """Enter the scope of a function or lambda, just inside that of its type parameters."""
        names = [argument.arg for argument in parameters(arguments)]
        scope = Scope("function", names, found)
        scope.parameters = {name: at for at, name in enumerate(names)}
        self.scopes.append(scope)
        self.depth += 1

    def leave_function(self) -> None:
        """Leave the scope of a function and that of its type parameters."""
        self.depth -= 1
        del self.scopes[-2:]

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Write a function inside the definition."""
        self.bind(node.name)
        found = bindings(node.body, walrus=self.module.walrus)
        self.function_header(node, found)
        if found.to_nonlocal:
            self.out.append("nonlocal " + " ".join(sorted(found.to_nonlocal)))
        self.block(node.body)
        self.leave_function()

    def lambda_(self, node: ast.Lambda) -> None:
        """Write a lambda."""
        self.out.append("Lambda")
        self.arguments(node.args)
        self.scopes.append(Scope("inner"))
        self.enter_function(node.args, bindings([node.body], walrus=self.module.walrus))
        self.visit(node.body)
        self.leave_function()

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """Write a comprehension; its first iterable belongs to the scope around it."""
        self.out.append(type(node).__name__)
        self.visit(node.generators[0].iter)
        self.scopes.append(Scope("inner", bindings([one.target for one in node.generators], walrus=False).names))
        for at, one in enumerate(node.generators):
            self.out.append("async for" if one.is_async else "for")
            if at:
                self.visit(one.iter)
            self.visit(one.target)
            self.iterate(one.target, one.iter)
            self.sequence(one.ifs)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)
        self.scopes.pop()

    def iterate(self, target: ast.expr, over: ast.expr) -> None:
        """Take in what a comprehension loops over."""

    # ------------------------------------------------------------ classes

    def class_header(self, node: ast.ClassDef) -> None:
        """Write decorators, bases and keywords of a class, and enter its type parameters' scope."""
        self.out.append("ClassDef")
        for decorator in node.decorator_list:
            self.out.append("@")
            self.decorator(decorator)
        self.type_parameters(node)
        self.sequence(node.bases)
        self.sequence(node.keywords)
        self.docstring(node.body)

    def class_(self, node: ast.ClassDef) -> None:
        """Write a class inside the definition."""
        self.bind(node.name)
        self.class_header(node)
        self.enter_class(node)
        self.block(node.body)
        del self.scopes[-2:]

    def enter_class(self, node: ast.ClassDef) -> None:
        """Enter the scope of a class body, just inside that of its type parameters."""
        found = bindings(node.body, walrus=self.module.walrus)
        scope = Scope("class")
        scope.maybe = found.names
        scope.imports = found.imports
        scope.mixed = found.assigned
        scope.outside = found.to_global
        scope.shared = containers(node)
        self.scopes.append(scope)

    # ------------------------------------------------------------ statements that bind by text

    def import_(self, node: ast.Import | ast.ImportFrom) -> None:
        """Write an import: what it names and what it binds."""
        for name, path in imported_names(node):
            self.out.append("import")
            self.emit_ref(path, IMPORT)
            scope = find(self.scopes, name)
            if scope is not None and scope is self.scopes[-1] and scope.kind == "function" and name not in scope.mixed:
                self.unseen.append(name)  # whoever reads it is written as what it means
            elif name != "*":
                self.bind(name)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if "." in alias.name:
                    self.emit_ref(f"!0:{alias.name}:", IMPORT)

    def declaration(self, node: ast.Global | ast.Nonlocal) -> None:
        """Leave out what the scopes know already."""

    def named_pattern(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        """Write a pattern that binds a name by text."""
        self.out.append(type(node).__name__)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.bind(name)
        for field in ("keys", "patterns"):
            self.sequence(getattr(node, field, []))
        pattern = getattr(node, "pattern", None)
        if pattern is not None:
            self.visit(pattern)

    def except_handler(self, node: ast.ExceptHandler) -> None:
        """Write one handler of a try statement."""
        self.out.append("except")
        if node.type:
            self.visit(node.type)
        if node.name:
            self.bind(node.name)
        self.block(node.body)

    # ------------------------------------------------------------ constants

    def constant(self, node: ast.Constant) -> None:
        """Write a constant."""
        self.out.append(literal(node.value))
        if isinstance(node.value, str) and node.value.startswith("__"):  # a key of somebody's __dict__
            self.mention(node.value)

    def joined_text(self, node: ast.JoinedStr) -> None:
        """Write an f-string; one without placeholders is a plain text."""
        if all(isinstance(one, ast.Constant) for one in node.values):
            self.out.append(literal("".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))))
        else:
            self.generic(node)

    def set_(self, node: ast.Set) -> None:
        """Write a set display; one of constants in an order of its own."""
        if not all(is_constant(one) for one in node.elts):
            self.generic(node)
            return
        out, texts = self.out, set()
        for one in node.elts:
            self.out = []
            self.visit(one)
            texts.add("\0".join(self.out))
        self.out = out
        out.extend(("Set(", *sorted(texts), ")"))


def kept_defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters of which the default is an object that may be changed, with that."""
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(positional[::-1], arguments.defaults[::-1], strict=False)]
    for argument, default in (*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)):
        if default is not None and not is_constant(default):
            yield argument.arg, default


def is_container(node: ast.expr) -> bool:
    """Whether an expression makes a new container of the standard library."""
    if isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    name = dotted(node.func) if isinstance(node, ast.Call) else None
    return name is not None and name.rpartition(".")[2] in (
        "list",
        "dict",
        "set",
        "defaultdict",
        "OrderedDict",
        "deque",
        "Counter",
        "WeakValueDictionary",
        "WeakSet",
    )


def containers(node: ast.ClassDef) -> set[str]:
    """Return the attributes of a class that are containers made in its body: all instances have them in common."""
    found: set[str] = set()
    for one in node.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None and is_container(one.value):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def gets_class(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the first argument of a method is a class that is there already, and not an instance of it."""
    return node.name == "__new__" or any(dotted(one) == "classmethod" for one in node.decorator_list)


def is_constant(node: ast.expr) -> bool:
    """Whether an expression is made of constants only, and of a kind that cannot be changed."""
    match node:
        case ast.Constant():
            return True
        case ast.Tuple():
            return all(is_constant(one) for one in node.elts)
        case ast.UnaryOp():
            return is_constant(node.operand)
        case ast.BinOp():
            return is_constant(node.left) and is_constant(node.right)
        case _:
            return False
