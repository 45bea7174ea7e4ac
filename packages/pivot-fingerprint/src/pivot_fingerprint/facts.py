"""From the text of a module to its facts: a definition for each top-level statement and each method.

Source text is split here and nowhere else. What a definition means is read by ``doing``; what
belongs together across modules is found by ``resolve``. Importing this module imports ``ast``, so it is imported only
when the facts of some module are not kept yet.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pivot_fingerprint.comments import ignored_lines
from pivot_fingerprint.constants import made_of
from pivot_fingerprint.definitions import (
    CONTAINER,
    DECLARES,
    DISPATCHES,
    DYNAMIC,
    FROZEN,
    IGNORED,
    INNER,
    LATER,
    NOW,
    OPEN,
    ORDERS,
    PLAIN,
    RECORDER,
    SHARES,
    SIMPLE,
    STORE,
    TABLE,
    VALUE,
    Definition,
    Facts,
    with_structure,
)
from pivot_fingerprint.doing import DefinitionReader
from pivot_fingerprint.headers import hints, is_main_guard, is_metaclass, is_overload, outside_paths, registration
from pivot_fingerprint.members import arranged, members, methods, ordering
from pivot_fingerprint.reading import Module, dotted
from pivot_fingerprint.recording import only_records
from pivot_fingerprint.scopes import Scope, bindings, imported_names
from pivot_fingerprint.statements import (
    Function,
    changed,
    declared_global,
    first_line,
    functions_inside,
    imported_by_call,
    in_order,
    is_simple,
    looks_at_frames,
    only,
    shares,
    values,
)
from pivot_fingerprint.structure import is_constant, is_container
from pivot_fingerprint.tables import looked_up, shelved
from pivot_fingerprint.trees import nodes
from pivot_fingerprint.versions import without_other_versions

type Guards = tuple[tuple[ast.expr, bool], ...]


def read_facts(source: bytes) -> Facts:
    """Return the facts of a module. Text that is not Python gives one definition that stands for all of it."""
    try:
        tree = without_other_versions(ast.parse(source), source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _unreadable(source, error)
    return with_structure(_Splitter(tree, source).facts())


def _unreadable(source: bytes, error: Exception) -> Facts:
    reader = DefinitionReader(Module())
    reader.out.append(source.decode("latin-1"))
    line = getattr(error, "lineno", None) or 1
    reader.opaque.append(["a syntax error", line])
    return with_structure(
        Facts([reader.finish("module", "", 1, 1)], {"*": [0]}, [], {}, [], None, [], [], {}, DYNAMIC, [])
    )


class _Splitter:
    """Splits a module into definitions."""

    def __init__(self, tree: ast.Module, source: bytes) -> None:
        self.tree = tree
        self.walrus = walrus = b":=" in source
        self.ignored = ignored_lines(source)
        self.definitions: list[Definition] = []
        self.binds: dict[str, list[Any]] = {}
        self.loads: list[list[Any]] = []
        self.when: dict[str, int] = {}
        self.stars: list[list[Any]] = []
        self.search: list[str] = []
        imports: dict[str, set[str]] = {}
        others: Counter[str] = Counter()
        for statement in self.flat(tree.body):
            found = bindings([statement], walrus=walrus)
            others.update(found.assigned)
            for name, paths in found.imports.items():
                imports.setdefault(name, set()).update(paths)
        self.ambiguous = {name for name, paths in imports.items() if len(paths) + others[name] > 1}
        single = {name: next(iter(paths)) for name, paths in imports.items() if name not in self.ambiguous}
        # An import in one of several branches still says best what a well-known name such as TYPE_CHECKING stands for.
        likely = {name: min(paths) for name, paths in imports.items()}
        stars = any(path.endswith(":*") for paths in imports.values() for path in paths)
        self.module = Module(
            [*imports, *others, *declared_global(tree, source)],
            likely | single,
            values(self.flat(tree.body), others),
            walrus=walrus,
            open_=stars,
        )

    def flat(self, body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            if isinstance(statement, ast.If):
                yield from self.flat(statement.body)
                yield from self.flat(statement.orelse)
                yield ast.Expr(statement.test)
            else:
                yield statement

    def facts(self) -> Facts:
        body = self.tree.body
        if ast.get_docstring(self.tree, clean=False) is not None:
            first = body[0]
            reader = DefinitionReader(self.module, ["__doc__"])
            reader.out.append(ast.get_docstring(self.tree, clean=False) or "")
            self.add(reader.finish("const", "__doc__", first.lineno, first.end_lineno or first.lineno), first)
            body = body[1:]
        self.split(body, ())
        shown: dict[str, int] = {}
        late: dict[str, list[int]] = {}
        shelves: list[list[Any]] = []
        marks = DYNAMIC * looks_at_frames(self.binds)
        for at, one in enumerate(self.definitions):
            marks |= one.marks
            for what, name, *_ in (*one.later, *one.nested):
                if what == DECLARES:
                    late.setdefault(name, []).append(at)
            if one.marks & TABLE:
                shelves.extend([path, at] for path, use in one.refs if use & VALUE and not use & OPEN)
            for path, use in (*one.refs, *one.notes):
                if use & (VALUE | STORE) or not path.isidentifier():
                    shown[path] = shown.get(path, 0) | use
        return Facts(
            self.definitions,
            self.binds,
            self.loads,
            self.when,
            self.stars,
            self.exports(),
            self.search,
            [[path, use] for path, use in sorted(shown.items())],
            late,
            marks,
            shelves,
        )

    # ------------------------------------------------------------ statements

    def split(self, body: Sequence[ast.stmt], guards: Guards) -> None:
        """Add the definitions of a block; ``guards`` are the conditions under which it runs."""
        for statement in body:
            match statement:
                case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
                    pass
                case ast.If() if self.module.is_type_checking(statement.test):
                    self.split(statement.orelse, guards)
                case ast.If() if is_main_guard(statement.test):
                    self.split(statement.orelse, guards)
                case ast.If():
                    self.test(statement.test, guards)
                    self.split(statement.body, (*guards, (statement.test, True)))
                    self.split(statement.orelse, (*guards, (statement.test, False)))
                case ast.Import() | ast.ImportFrom():
                    self.import_(statement, guards)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if not is_overload(statement, self.module):
                        self.function(statement, guards)
                case ast.ClassDef():
                    self.class_(statement, guards)
                case _:
                    self.other(statement, guards)

    def reader(self, guards: Guards, binds: Sequence[str] = ()) -> DefinitionReader:
        """Return a reader that has read the conditions."""
        reader = DefinitionReader(self.module, binds)
        for test, holds in guards:
            reader.out.append("if" if holds else "else")
            reader.visit(test)
            reader.guards.append([test.lineno, test.end_lineno or test.lineno])
        return reader

    def add(self, definition: Definition, node: ast.stmt, paths: dict[str, list[str]] | None = None) -> int:
        """Add a definition and what it binds; return its index."""
        at = len(self.definitions)
        if self.is_ignored(node):
            definition.marks |= IGNORED
        self.definitions.append(definition)
        for name in definition.binds:
            self.binds.setdefault(name, []).append(at)
            self.binds[name].extend((paths or {}).get(name, ()))
        for path, use in definition.refs:
            if path.startswith("!") and use & NOW:
                level, module, attributes = path[1:].split(":")
                self.loads.append([int(level), module, [attributes.partition(".")[0]] if attributes else [], at])
        return at

    def load(self, level: int, module: str, names: list[str]) -> None:
        """Add an import that runs with the module, before the definition that comes next."""
        self.loads.append([level, module, names, len(self.definitions)])

    def test(self, test: ast.expr, guards: Guards) -> None:
        """Add a condition that does something by itself: one with a call or an assignment in it."""
        found = bindings([test], walrus=self.walrus).names
        reader = self.reader(guards, sorted(found))
        reader.visit(test)
        if found or reader.effects[0]:
            name = ", ".join(sorted(found)) or "if"
            self.add(reader.finish("const", name, test.lineno, test.end_lineno or test.lineno), ast.Expr(test))

    def import_(self, node: ast.Import | ast.ImportFrom, guards: Guards) -> None:
        """Add what an import binds; it is a definition of its own only where a name could mean something else."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.load(0, alias.name, [])
        else:
            self.load(node.level, node.module or "", [alias.name for alias in node.names])
            if any(alias.name == "*" for alias in node.names):
                self.stars.append([node.level, node.module or "", len(self.loads) - 1])
                if not guards or self.is_ignored(node):
                    return  # else whoever gets a name from there depends on the conditions
        if node.module == "__future__" if isinstance(node, ast.ImportFrom) else False:
            return
        if self.is_ignored(node):
            return
        for name, path in imported_names(node):
            if guards or name in self.ambiguous:
                reader = self.reader(guards, [name])
                reader.import_(only(node, name))
                definition = reader.finish("const", name, node.lineno, node.end_lineno or node.lineno)
                self.add(definition, node, {name: [path]})
            elif path not in self.binds.get(name, []):
                self.binds.setdefault(name, []).append(path)
                self.when[name] = len(self.loads) - 1

    def function(self, node: Function, guards: Guards) -> None:
        """Add a function; one that is only registered is called after what it is registered for: ``describe[int]``."""
        registered = registration(node)
        reader = self.reader(guards, [] if registered else [node.name])
        self.read_function(reader, node)
        if "functools.singledispatch" in (self.module.canonical(path) for path in reader.header):
            reader.marks |= DISPATCHES
        if not guards and is_simple(node, reader.inside):
            reader.marks |= SIMPLE
        self.search.extend(reader.search)
        self.add(reader.finish("func", registered or node.name, first_line(node), node.end_lineno or node.lineno), node)

    def read_function(self, reader: DefinitionReader, node: Function) -> None:
        """Read a function that is a definition."""
        reader.inside = nodes(node)
        reader.looked_up = looked_up(reader.inside, reader.canonical)
        reader.hints = hints(node, reader)
        reader.header = outside_paths(node.decorator_list, reader)
        reader.function_header(node, bindings(node.body, walrus=self.walrus))
        reader.block(node.body)
        reader.leave_function()

    def class_(self, node: ast.ClassDef, guards: Guards) -> None:
        """Add a class: its header and body as one definition, each of its methods as another."""
        reader = self.reader(guards, [node.name])
        reader.class_header(node)
        reader.enter_class(node)
        bound = reader.scopes[-1].maybe
        reader.block(arranged(node, bound))
        reader.out.extend([" ".join(order)] if (order := ordering(node, bound)) else [])
        reader.members = members(node)
        reader.marks |= SHARES if shares(node) else 0
        reader.header = outside_paths(node.bases, reader)
        if not node.decorator_list and not node.keywords and len(reader.header) == len(node.bases):
            reader.marks |= PLAIN
        if any(is_metaclass(reader.canonical(base)) for base in node.bases):
            reader.marks |= ORDERS
        owner = self.add(reader.finish("class", node.name, first_line(node), node.end_lineno or node.lineno), node)
        for method in methods(node):
            if is_overload(method, self.module):
                continue
            reader = DefinitionReader(self.module)
            parameters: list[Any] = node.type_params
            reader.scopes.append(Scope("inner", [one.name for one in parameters]))
            reader.enter_class(node)
            self.read_function(reader, method)
            reader.marks |= RECORDER if only_records(method, reader.inside) else 0
            name = f"{node.name}.{method.name}"
            self.add(
                reader.finish("method", name, first_line(method), method.end_lineno or method.lineno, owner), method
            )

    def other(self, node: ast.stmt, guards: Guards) -> None:
        """Add any other statement: an assignment, a call, a loop."""
        found = bindings([node], walrus=self.walrus)
        reader = self.reader(guards, sorted(found.names))
        value = getattr(node, "value", None)
        binds_one = isinstance(node, ast.Assign | ast.AnnAssign) and not guards and len(found.names) == 1
        if binds_one and value is not None:
            reader.looked_up = shelved(value, reader.canonical)
            reader.marks |= TABLE if reader.looked_up else 0
        reader.statements([node])
        if isinstance(node, ast.Assign | ast.AnnAssign) and value is not None:
            reader.marks |= CONTAINER if is_container(value) else 0
            if binds_one:
                reader.marks |= FROZEN if is_constant(value) else made_of(value, reader.canonical)
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    reader.value = value.value
        name = ", ".join(in_order(node, found.names)) or changed(node)
        kind = "const"
        inner = getattr(node, "body", [])
        if len(found.assigned) == 1 and any(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in inner):
            kind = "func"
        elif len(found.assigned) == 1 and any(isinstance(one, ast.ClassDef) for one in inner):
            kind = "class"
        definition = reader.finish(kind, name, first_line(node), node.end_lineno or node.lineno)
        self.search.extend(reader.search)
        self.add(definition, node, found.imports | imported_by_call(node, reader))
        for one in ast.walk(node):
            if isinstance(one, ast.ImportFrom) and any(alias.name == "*" for alias in one.names):
                self.stars.append([one.level, one.module or "", len(self.loads) - 1])
        if not isinstance(value, ast.Lambda):
            for function in functions_inside(node):
                self.inner(function, found.names)

    def inner(self, node: Function | ast.Lambda, around: set[str]) -> None:
        """Add a function inside a statement, for entries that mean it alone.

        What it takes from the names of the statement while it is made, as the default of a parameter, only the live
        object knows: that is left to whoever captures it.
        """
        reader = DefinitionReader(self.module)
        if isinstance(node, ast.Lambda):
            reader.visit(node)
            name, line = "<lambda>", node.lineno
        else:
            self.read_function(reader, node)
            name, line = node.name, first_line(node)
        for path, known in reader.refs.items():
            if path.partition(".")[0] in around and not known[1] & LATER:
                known[1] = 0
        reader.marks |= INNER
        self.definitions.append(reader.finish("func", name, line, node.end_lineno or node.lineno))

    # ------------------------------------------------------------ the module

    def is_ignored(self, node: ast.stmt) -> bool:
        """Whether a comment on a definition, or alone on the line above it, leaves it out."""
        if not self.ignored:
            return False
        first = first_line(node)
        body = getattr(node, "body", None)
        last = max(first, body[0].lineno - 1) if body else node.end_lineno or node.lineno
        return self.ignored.get(first - 1, False) or any(line in self.ignored for line in range(first, last + 1))

    def exports(self) -> list[str] | None:
        """Return what ``__all__`` says; ``["*"]`` if it says something that cannot be read."""
        if "__all__" not in self.binds:
            return None
        names: list[str] = []
        for statement in self.flat(self.tree.body):
            value: ast.expr | None = None
            match statement:
                case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
                    value = statement.value
                case ast.AugAssign(target=ast.Name(id="__all__")):
                    value = statement.value
                case ast.Expr(value=ast.Call(func=func, args=[argument])) if dotted(func) in (
                    "__all__.extend",
                    "__all__.append",
                ):
                    value = argument
                case _:
                    if any(isinstance(one, ast.Name) and one.id == "__all__" for one in ast.walk(statement)):
                        return ["*"]
            match value:
                case None:
                    continue
                case ast.List() | ast.Tuple() | ast.Set():
                    for one in value.elts:
                        if not isinstance(one, ast.Constant) or not isinstance(one.value, str):
                            return ["*"]
                        names.append(one.value)
                case ast.Constant(value=str() as name):
                    names.append(name)
                case _:
                    return ["*"]
        return names
