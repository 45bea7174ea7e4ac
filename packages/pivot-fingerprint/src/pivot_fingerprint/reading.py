"""Reading a definition: what it means as tokens, what it refers to, and what it changes.

The tokens are the same however the source is laid out. Names of what is outside the definition are replaced by numbers
in them, since the same name may come to mean something else. ``Reader`` keeps the state and can write any syntax node
in a general way; ``structure`` knows functions, classes and imports, ``doing`` names, calls and assignments.
"""

import ast
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import blake3

from pivot_fingerprint.definitions import (
    CALLED,
    DYNAMIC,
    INTROSPECTS,
    LATER,
    MODULES,
    NOW,
    OPEN,
    ORDERS,
    SUBCLASSES,
    TEXT,
    VALUE,
    Definition,
    join,
    make_definition,
)
from pivot_fingerprint.scopes import Scope, find
from pivot_fingerprint.vocabulary import COMMON, INTROSPECTORS, MEMBER_READERS, NAMERS, NAMERS_BY_CALL, TEXT_READERS

_SKIPPED = frozenset({"ctx", "kind", "type_comment"})


class Module:
    """What a reader knows of the module around: the names bound at its top level, and the imports among them."""

    def __init__(
        self,
        bound: Iterable[str] = (),
        imports: Mapping[str, str] | None = None,
        values: Mapping[str, ast.expr] | None = None,
        *,
        walrus: bool = True,
        open_: bool = True,
    ) -> None:
        self.open = open_  # whether names may be bound in ways that cannot be seen: by star imports
        self.walrus = walrus  # whether there is an assignment expression anywhere
        self.bound = frozenset(bound)
        self.imports = imports or {}
        self.values = values or {}  # what names are bound to that are bound once

    def binds_name(self, name: str) -> bool:
        """Whether anything in the module binds a name."""
        return name in self.bound or name in self.imports

    def means_builtin(self, name: str) -> bool:
        """Whether a name that is not bound in a definition means what Python's built-in name does."""
        return not self.open and name not in self.bound

    def canonical(self, path: str) -> str:
        """Return the dotted name that a path most likely stands for: ``typing.TYPE_CHECKING``, ``builtins.eval``."""
        if not path.startswith("!"):
            root, _, rest = path.partition(".")
            if root in self.imports:
                path = join(self.imports[root], rest)
            elif root in self.bound:
                return path
            else:
                return "builtins." + path
        level, module, attributes = path[1:].split(":")
        return "." * int(level) + module + ("." + attributes if attributes else "")

    def is_type_checking(self, test: ast.expr) -> bool:
        """Whether a condition holds for type checkers only."""
        path = dotted(test)
        return path is not None and self.canonical(path) in (
            "typing.TYPE_CHECKING",
            "typing_extensions.TYPE_CHECKING",
            "builtins.TYPE_CHECKING",
        )


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for an expression of that form, else None."""
    if isinstance(node, ast.Name):  # as most are
        return node.id
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(attributes)])
    return None


def literal(value: object) -> str:
    """Return a token for a constant: its type, its length where text follows, its value."""
    match value:
        case str():
            return f"s{len(value)}:{value}"
        case bool() | None:
            return str(value)
        case int():
            return f"i{value:x}"
        case bytes():
            return f"y{value.hex()}"
        case _:
            return f"{type(value).__name__}:{value!r}"


def digest(text: str) -> str:
    """Return the digest of a text as 64 hex digits."""
    return blake3.blake3(text.encode("utf-8", "surrogatepass")).hexdigest()


def _spelled(given: Any, paths: list[str]) -> Any:
    """Return arguments with paths for numbers, anything else as it is."""
    if not isinstance(given, list):
        return given
    return [[at, one if one == "=" else paths[one] if one >= 0 else -1 - one] for at, one in given]


@functools.cache
def _form(kind: type[ast.AST]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the first token of a kind of node, and its fields that have a meaning with their tokens.

    In the order of evaluation: in a class, ``size = size`` reads the name outside before it binds its own.
    """
    last = ("targets", "target")
    fields = tuple(
        (field, field + "=") for field in sorted(kind._fields, key=last.__contains__) if field not in _SKIPPED
    )
    return kind.__name__ + "(" * bool(fields), fields


class Reader:
    """Reads syntax trees of one definition, one after the other, and ends in a ``Definition``."""

    handlers: ClassVar[dict[type[ast.AST], Callable[[Any, Any], object]]] = {}

    def __init__(self, module: Module, binds: Sequence[str] = ()) -> None:
        self.module = module
        self.binds = list(binds)
        self.scopes: list[Scope] = []
        self.depth = 0  # how many functions deep; 0 runs while the module is imported
        self.handed = 0  # how many of them are lambdas that a call is given, which may call them at once
        self.out: list[str] = []
        self.unseen: list[str] = []  # names that functions import, which only those see who ask for all
        self.noted: list[str] = []  # tokens of annotations, which only introspection can see
        self.docs: list[str] = []  # docstrings
        self.noting = self.quietly = False  # quietly: nothing is seen of what is read but that it is called
        self.refs: dict[str, list[int]] = {}  # path: [number, use]
        self.notes: dict[str, list[int]] = {}
        self.effects: tuple[list[list[Any]], ...] = ([], [], [])
        self.opaque: list[list[Any]] = []
        self.elements: dict[str, list[ast.expr]] = {}  # what loop variables of the module stand for
        self.loops: dict[str, list[tuple[str, int]]] = {}  # what variables of loops of the module may be pieces of
        self.search: list[str] = []  # entries that the import path gets
        self.guards: list[list[int]] = []
        self.value: str | None = None
        self.header: list[str] = []
        self.hints: list[str] = []
        self.members: list[str] = []
        self.marks = 0

    def finish(self, kind: str, name: str, line: int, end: int, owner: int = -1) -> Definition:
        """Return what was read."""
        text = "\0".join([*self.out, *(self.unseen if self.marks & (DYNAMIC | ORDERS) else ())])
        now, later, nested = map(self._with_paths, self.effects)
        return make_definition(
            kind=kind,
            name=name,
            binds=self.binds,
            line=line,
            end=end,
            marks=self.marks,
            owner=owner,
            now=now,
            guards=self.guards,
            text=digest(text),
            annotated=digest(text + "\1" + "\0".join(self.noted)) if self.noted else "",
            full=digest(text + "\1" + "\0".join([*self.noted, *self.docs])) if self.noted or self.docs else "",
            refs=[[path, use] for path, (_, use) in self.refs.items()],
            notes=[[path, use] for path, (_, use) in self.notes.items()],
            later=later,
            nested=nested,
            opaque=self._opaque_with_paths(),
            header=self.header,
            hints=self.hints,
            value=self.value,
            members=self.members,
        )

    def _with_paths(self, effects: list[list[Any]]) -> list[list[Any]]:
        """Return effects with paths for numbers; a parameter is a number, whatever a decorator decorates is ``=``."""
        paths = list(self.refs)
        found: dict[str, list[Any]] = {}
        for what, *numbered in effects:
            rest = list(numbered)
            match what:
                case "m" | "s":
                    rest[0] = paths[rest[0]]
                case "c" | "o":
                    rest = [paths[rest[0]], *(_spelled(one, paths) for one in rest[1:])]
                case "h":
                    rest = [_spelled(one, paths) for one in rest]
            found.setdefault(f"{what}{rest}", [what, *rest])
        return list(found.values())

    def _opaque_with_paths(self) -> list[list[Any]]:
        paths = list(self.refs)
        return [[what, line, *(paths[number] for number in rest)] for what, line, *rest in self.opaque]

    # ------------------------------------------------------------ names

    def ref(self, path: str, use: int) -> int:
        """Record that a path is used, and return its number."""
        use |= (LATER if self.depth else NOW) | (OPEN if use and not self.quietly else 0)
        table = self.notes if self.noting else self.refs
        known = table.get(path)
        if known is None:
            known = table[path] = [len(table), use]
            self.mention_path(path, use)
        else:
            if use & VALUE and not known[1] & VALUE:
                self.mention_path(path, use)
            known[1] |= use
        return known[0]

    def emit_ref(self, path: str, use: int) -> int:
        """Record that a path is used, and write it."""
        number = self.ref(path, use)
        self.out.append(f"R{number}")
        return number

    def mention_path(self, path: str, use: int) -> None:
        """Mark the definition if a path, or what it is another name for, is one of those that look into other code."""
        if path.endswith("modules") and self.module.canonical(path) == "sys.modules":
            self.marks |= MODULES
        root, _, rest = path.partition(".")
        if root in self.module.imports:
            path = join(self.module.imports[root], rest)
        if path.startswith("!"):  # what a package of others is called says something, what a module in one is not
            level, module, attributes = path[1:].split(":")
            above, _, last = ".".join([module.partition(".")[0] * (level == "0"), attributes]).rpartition(".")
        else:
            above, _, last = path.rpartition(".")
        for name in above.split("."):
            self.mention(name)
        if not path.isidentifier() or not path.startswith("__"):
            self.mention(last, use)
        if use & VALUE and path.rstrip(":").endswith(":inspect"):  # whoever gets it may ask for the stack
            self.marks |= DYNAMIC

    def mention(self, name: str, use: int = VALUE) -> None:
        """Mark the definition if a name is one of those that look into other code."""
        if name in INTROSPECTORS and not self.noting:
            self.marks |= INTROSPECTS
        if name in NAMERS or (name in NAMERS_BY_CALL and not use & CALLED):
            self.marks |= DYNAMIC
        if name in MEMBER_READERS and not (name == "vars" and use & CALLED):
            self.marks |= ORDERS
        if name == "__subclasses__":
            self.marks |= SUBCLASSES
        if name in TEXT_READERS:
            self.marks |= TEXT

    def load(self, name: str, attributes: str, use: int) -> list[int]:
        """Write a name with attributes that is read, and return the numbers of what it may stand for outside."""
        scope = find(self.scopes, name)
        if scope is None:
            if name in COMMON and not attributes and self.module.means_builtin(name):
                self.out.append("B" + name)
                return []
            return [self.emit_ref(join(name, attributes), use)]
        if name in scope.imports:
            numbers = [self.ref(join(path, attributes), use) for path in scope.imports[name]]
            if name not in scope.mixed:
                self.out.extend(f"R{number}" for number in numbers)
                return numbers
        elif name in scope.maybe and name not in scope.names:
            numbers = [self.ref(join(name, attributes), use)]
        else:
            numbers = []
        self.out.append(f"n{name}")
        if attributes:
            marks = self.marks
            self.attributes(attributes, use)
            if attributes == "__dict__" and self.is_object(name):
                self.marks = marks
        return numbers

    def is_object(self, name: str) -> bool:
        """Whether a name is the object of a method: its own attributes tell nothing of its class."""
        return name == "self" and any(scope.kind == "class" for scope in self.scopes)

    def attributes(self, names: str, use: int = VALUE) -> None:
        """Write attributes of something local."""
        self.out.append("." + names)
        *above, last = names.split(".")
        for name in above:
            self.mention(name)
        self.mention(last, use)

    def bind(self, name: str) -> None:
        """Write a name that is bound here."""
        scope = find(self.scopes, name)
        if scope is not None:
            self.out.append(f"n{name}")
            if scope.kind == "class":
                scope.names.add(name)
        elif name in self.binds and self.depth == 0:
            self.out.append(f"b{self.binds.index(name)}")
        else:
            self.assign_global(name)

    def assign_global(self, name: str) -> None:
        """Write a global name that code in a function assigns."""
        raise NotImplementedError

    # ------------------------------------------------------------ trees

    def visit(self, node: ast.AST) -> None:
        """Write any node."""
        handler = self.handlers.get(type(node))
        if handler is not None:
            handler(self, node)
        else:
            self.generic(node)

    def generic(self, node: ast.AST) -> None:
        """Write a node as its name and its fields; empty ones are left out, so that a later Python may have more."""
        out = self.out
        kind: Any = type(node)
        name, fields = _form(kind)
        out.append(name)
        if not fields:
            return
        handlers = self.handlers
        for field, label in fields:
            value = getattr(node, field, None)
            if not value:
                continue
            out.append(label)
            if isinstance(value, ast.AST):
                handler = handlers.get(type(value))
                if handler is not None:
                    handler(self, value)
                else:
                    self.generic(value)
            elif isinstance(value, list):
                self.sequence(value)
            else:
                out.append(literal(value))
        out.append(")")

    def sequence(self, values: Sequence[Any]) -> None:
        """Write a list: a block of statements, or anything else in order."""
        if values and isinstance(values[0], ast.stmt):
            self.block(values)
            return
        out = self.out
        out.append("[")
        handlers = self.handlers
        for value in values:
            handler = handlers.get(type(value))
            if handler is not None:
                handler(self, value)
            elif isinstance(value, ast.AST):
                self.generic(value)
            else:
                out.append(literal(value))
        out.append("]")

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Write statements but those without a meaning."""
        self.out.append("{")
        self.statements(body)
        self.out.append("}")

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Write statements but those without a meaning, without saying where they begin and end."""
        for statement in body:
            match statement:
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.If() if self.module.is_type_checking(statement.test):
                    self.statements(statement.orelse)
                case _:
                    self.visit(statement)

    def note(self, write: Callable[[], None]) -> None:
        """Write what only introspection can see to the side."""
        out, noting = self.out, self.noting
        self.out, self.noting = self.noted, True
        write()
        self.out, self.noting = out, noting
