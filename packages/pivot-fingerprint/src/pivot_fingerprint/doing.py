"""Reading assignments, and the table that says how each kind of syntax is read.

The top layer of the reader of source, with everything below it: the one that ``facts`` uses.
"""

import ast
from collections.abc import Sequence

from pivot_fingerprint.calling import MODULES_OF_PROCESS, CallingReader
from pivot_fingerprint.definitions import GIVEN, ITEM, ITSELF, KEPT, USED, VALUE
from pivot_fingerprint.reading import Module, dotted
from pivot_fingerprint.scopes import find
from pivot_fingerprint.trees import Nodes


class DefinitionReader(CallingReader):
    """The whole reader of a definition: names, calls, assignments, and everything with a scope."""

    def __init__(self, module: Module, binds: Sequence[str] = ()) -> None:
        super().__init__(module, binds)
        self.inside: Nodes = {}  # of the function that is the definition
        self.looked_up: set[ast.expr] = set()

    def assignment(self, node: ast.Assign) -> None:
        """Write an assignment; a local name may become another word for something outside."""
        self.generic(node)
        match node.targets:
            case [ast.Name(id=name)]:
                self.alias(name, node.value)

    def alias(self, name: str, value: ast.expr) -> None:
        """Remember what a local name is another word for."""
        scope = find(self.scopes, name)
        if scope is not None and scope.kind == "function":
            self.stands_for(name, self.kept(value))

    def kept(self, node: ast.expr) -> list[tuple[str, int]]:
        """Return what a name is another word for if it is given a value; what a parameter's methods give is new."""
        found = [(path, KEPT if far >= GIVEN else far) for path, far in self.owners(node)]
        return [(path, far) for path, far in found if far < KEPT or path[0] != "~"]

    def stands_for(self, name: str, found: list[tuple[str, int]]) -> None:
        """Remember what a local name, or a variable of a loop or with statement of the module, is another word for."""
        scope = find(self.scopes, name)
        if scope is None:
            self.loops[name] = [*self.loops.get(name, []), *found]
        elif scope.kind != "class" and found:
            scope.aliases[name] = [*scope.aliases.get(name, []), *found]

    def annotated_assignment(self, node: ast.AnnAssign) -> None:
        """Write an assignment with an annotation, which only matters in a class."""
        if isinstance(node.target, ast.Name) and (not self.scopes or self.scopes[-1].kind == "class"):
            self.annotation(node.annotation, node.target.id)
        if node.value is not None:
            self.assignment(ast.copy_location(ast.Assign([node.target], node.value), node))
        elif self.scopes and self.scopes[-1].kind == "class" and isinstance(node.target, ast.Name):
            self.scopes[-1].maybe.add(node.target.id)

    def augmented_assignment(self, node: ast.AugAssign) -> None:
        """Write an assignment that reads what it replaces."""
        self.generic(node)
        path = dotted(node.target if not isinstance(node.target, ast.Subscript) else node.target.value)
        if path is not None and self.is_outside(path.partition(".")[0]):
            for owner, _ in self.owners(node.target):
                self.ref(owner, VALUE)

    # ------------------------------------------------------------ tables

    def name(self, node: ast.Name) -> None:
        """Write a name; a table that is only asked for what is called then shows nothing of it."""
        self.quietly = node in self.looked_up
        super().name(node)
        self.quietly = False

    def attribute(self, node: ast.Attribute, use: int = VALUE) -> list[int]:
        """Write a chain of attributes, as a name."""
        self.quietly = node in self.looked_up
        found = super().attribute(node, use)
        self.quietly = False
        return found

    def callee(self, func: ast.expr, how: int) -> list[int]:
        """Write what is called, as a name."""
        self.quietly = func in self.looked_up
        found = super().callee(func, how)
        self.quietly = False
        return found

    # ------------------------------------------------------------ modules of the process

    def subscript(self, node: ast.Subscript) -> None:
        """Write an item; one of ``sys.modules`` by a name that cannot be known may be any module."""
        if self.canonical(node.value) == "sys.modules" and self.module_path(node) is None:
            self.any_module(node)
        super().subscript(node)

    def look_closer(self, node: ast.Call, canonical: str) -> None:
        """Record what a call reaches by text, ``sys.modules.get`` included."""
        super().look_closer(node, canonical)
        if canonical in MODULES_OF_PROCESS:
            self.any_module(node)

    def any_module(self, node: ast.expr) -> None:
        """Record that something in ``sys.modules`` is read: by its name, or else it may be anything there."""
        match node:
            case ast.Call(args=[ast.Constant(value=str() as name), *_]):
                self.ref(f"!0:{name}:", VALUE)
            case _:
                self.ref("..", VALUE)
                self.cannot_follow("a computed module name", node)

    # ------------------------------------------------------------ other statements

    def delete(self, node: ast.Delete) -> None:
        """Write a del statement, however its targets are grouped."""
        self.out.append("del")
        waiting = list(reversed(node.targets))
        while waiting:
            target = waiting.pop()
            if isinstance(target, ast.Tuple | ast.List):
                waiting.extend(reversed(target.elts))
            else:
                self.visit(target)

    def negation(self, node: ast.UnaryOp) -> None:
        """Write an operator before its operand; ``not x in y`` and ``not x is y`` as Python compiles them."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=left, ops=[ast.In()], comparators=right)):
                self.generic(ast.Compare(left, [ast.NotIn()], right))
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=left, ops=[ast.Is()], comparators=right)):
                self.generic(ast.Compare(left, [ast.IsNot()], right))
            case _:
                self.generic(node)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        """Write a for statement; its variable may be a piece of something outside."""
        self.use_up([node.iter])
        of = self.module.values.get(node.iter.id, node.iter) if isinstance(node.iter, ast.Name) else node.iter
        display = of.elts if isinstance(of, ast.Tuple | ast.List | ast.Set) else None
        if isinstance(node.target, ast.Name) and find(self.scopes, node.target.id) is None and display is not None:
            self.elements[node.target.id] = display
        self.iterate(node.target, node.iter)
        self.generic(node)

    def iterate(self, target: ast.expr, over: ast.expr) -> None:
        """Remember what the variables of a loop may be."""
        display = over.elts if isinstance(over, ast.Tuple | ast.List | ast.Set) else None
        far = ITEM if display is None else ITSELF
        found = [(path, far) for one in (display or [over]) for path, _ in self.owners(one)]
        for name in (one.id for one in ast.walk(target) if isinstance(one, ast.Name)):
            self.stands_for(name, found)

    def context(self, node: ast.withitem) -> None:
        """Write what a with statement enters; its variable may be the same object."""
        self.generic(node)
        self.operate(node.context_expr, "__enter__", USED)
        self.operate(node.context_expr, "__exit__", USED)
        if isinstance(node.optional_vars, ast.Name):
            self.stands_for(node.optional_vars.id, self.kept(node.context_expr))


DefinitionReader.handlers = {
    ast.Name: DefinitionReader.name,
    ast.Attribute: DefinitionReader.attribute,
    ast.Subscript: DefinitionReader.subscript,
    ast.Call: DefinitionReader.call,
    ast.Expr: DefinitionReader.expression,
    ast.Assign: DefinitionReader.assignment,
    ast.AnnAssign: DefinitionReader.annotated_assignment,
    ast.AugAssign: DefinitionReader.augmented_assignment,
    ast.Delete: DefinitionReader.delete,
    ast.For: DefinitionReader.loop,
    ast.AsyncFor: DefinitionReader.loop,
    ast.withitem: DefinitionReader.context,
    ast.BinOp: DefinitionReader.operation,
    ast.UnaryOp: DefinitionReader.negation,
    ast.Constant: DefinitionReader.constant,
    ast.JoinedStr: DefinitionReader.joined_text,
    ast.Set: DefinitionReader.set_,
    ast.FunctionDef: DefinitionReader.function,
    ast.AsyncFunctionDef: DefinitionReader.function,
    ast.ClassDef: DefinitionReader.class_,
    ast.Lambda: DefinitionReader.lambda_,
    ast.ListComp: DefinitionReader.comprehension,
    ast.SetComp: DefinitionReader.comprehension,
    ast.DictComp: DefinitionReader.comprehension,
    ast.GeneratorExp: DefinitionReader.comprehension,
    ast.Import: DefinitionReader.import_,
    ast.ImportFrom: DefinitionReader.import_,
    ast.Global: DefinitionReader.declaration,
    ast.Nonlocal: DefinitionReader.declaration,
    ast.MatchAs: DefinitionReader.named_pattern,
    ast.MatchStar: DefinitionReader.named_pattern,
    ast.MatchMapping: DefinitionReader.named_pattern,
    ast.ExceptHandler: DefinitionReader.except_handler,
}
