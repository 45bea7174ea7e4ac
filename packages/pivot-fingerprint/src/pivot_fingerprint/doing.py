"""Reading assignments, and the table that says how each kind of syntax is read.

The top layer of the reader of source, with everything below it: the one that ``facts`` uses.
"""

import ast

from pivot_fingerprint.calling import CallingReader
from pivot_fingerprint.definitions import USED, VALUE
from pivot_fingerprint.reading import dotted
from pivot_fingerprint.scopes import find


class DefinitionReader(CallingReader):
    """The whole reader of a definition: names, calls, assignments, and everything with a scope."""

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
        return [(path, 2 if called else 0) for path, called in self.owners(node) if not (called and path[0] == "~")]

    def stands_for(self, name: str, found: list[tuple[str, int]]) -> None:
        """Remember what a local name, or a variable of a loop or with statement of the module, is another word for."""
        scope = find(self.scopes, name)
        if scope is None:
            self.loops[name] = [*self.loops.get(name, []), *found]
        elif scope.kind == "function" and found:
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
        elements = display if display is not None and of is node.iter else [node.iter]
        found = [(path, 0) for one in elements for path, _ in self.owners(one)]
        for name in (one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)):
            scope = find(self.scopes, name)
            if scope is None and isinstance(node.target, ast.Name) and display is not None:
                self.elements[name] = display
            self.stands_for(name, found)
        self.generic(node)

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
