"""From a random project to the texts of its modules."""

import re
import textwrap

from projects import Definition, Module, Project, Use, all_uses
from templates import IMPORTS, KINDS

_HEAD = "import dataclasses\nimport enum\nimport functools\nimport importlib\nfrom typing import NamedTuple\n"


def texts(project: Project) -> dict[str, str]:
    """Return the text of each module by its path relative to the root."""
    found = {}
    for at, module in enumerate(project.modules):
        found[_path(module.name)] = _text(project, at, module)
        above = module.facade
        while above:
            found[_path(f"{above}.__init__")] = _facade(project, above)
            above = above.rpartition(".")[0]
    return found


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _facade(project: Project, package: str) -> str:
    """Return the module of a package: what others import from it, by statements or by ``__getattr__``."""
    every = {use.target for one in project.definitions for use in all_uses(one) if use.style == "facade"}
    used = [project.definitions[at] for at in sorted(every)]
    own = [one for one in used if project.modules[one.module].facade == package]
    lines = [f'"""The facade of {package}."""', "", "def __getattr__(name):"]
    for one in own:
        line = f"from {project.modules[one.module].name} import {one.name}"
        if one.form % 3:
            lines.insert(1, line)
        else:
            lines += [f"    if name == {one.name!r}:", f"        {line}", f"        return {one.name}"]
    return "\n".join([*lines, "    raise AttributeError(name)", ""])


def _text(project: Project, at: int, module: Module) -> str:
    writer = _Writer(project, module)
    own = [(number, one) for number, one in enumerate(project.definitions) if one.module == at]
    written = {number: writer.definition(one) for number, one in own}
    there = [(one, written[number]) for number, one in own if number not in project.deleted]
    if at in project.swapped:
        _swap(there)
    effects = [f"import {project.modules[one].name}" for one in project.effects] if module.name == "stages" else []
    unused = [text for of, text in project.unused if of == at]
    return "\n".join([_HEAD, *effects, *writer.imports, *(text for _, text in there), *unused, ""])


def _swap(there: list[tuple[Definition, str]]) -> None:
    """Turn the order of neighbours round that are functions which nothing uses before all are there."""
    for at in range(len(there) - 1):
        one, other = there[at][0], there[at + 1][0]
        if {one.kind, other.kind} <= {"plain", "stage"} and one.name < other.name:
            there[at], there[at + 1] = there[at + 1], there[at]


class _Writer:
    """Writes the definitions of one module, and collects its imports."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self.imports: dict[str, None] = {}

    def definition(self, one: Definition) -> str:
        """Return the text of a definition."""
        kind = KINDS[one.kind]
        form = kind.forms[one.form % len(kind.forms)]
        inside: dict[str, None] = {}
        imports = inside if "IMPORTS" in form else self.imports
        given = "1" if kind.now else "x"
        uses = " + ".join(self.value(use, given, imports) for use in one.uses)
        if one.helper:
            uses += f"{uses and ' + '}help_{one.name}({given})"
        words = {"NAME": one.name, "HINT": ": int" if one.hinted else "", "USES": uses or "0", "K": str(one.number)}
        text = re.sub("NAME|HINT|USES|K", lambda found: words[found[0]], form)
        if one.first is not None and "FIRST" in form:
            text = text.replace("FIRST", self.path(one.first, self.imports))
        if one.first is not None and "ADDER" in form:
            text = text.replace("ADDER", self.path(one.first, self.imports, "add_"))
        lines = [one for line in text.split("\n") for one in _with_imports(line, inside)]
        if one.helper:
            lines = _helped(lines, one)
        return "\n".join([*_noted(lines, one.note), ""])

    def value(self, use: Use, x: str, imports: dict[str, None]) -> str:
        """Return an expression of a number that comes of using something."""
        value = KINDS[self.project.definitions[use.target].kind].value
        return value.replace("(x)", f"({x})").replace("PATH", self.path(use, imports))

    def path(self, use: Use, imports: dict[str, None], prefix: str = "") -> str:
        """Return an expression for what is used, and add the import that it needs."""
        one = self.project.definitions[use.target]
        other = self.project.modules[one.module]
        name = prefix + one.name
        if other == self.module:
            return name
        package, _, last = other.name.rpartition(".")
        style = use.style
        if (prefix and style == "facade") or (style == "relative" and other.group != self.module.group):
            style = "from"  # since it was moved
        if (style == "package" and not package) or (style == "facade" and not other.facade):
            style = "module"
        statement, path = IMPORTS[style]
        words = {"module": other.name, "package": package, "last": last, "facade": other.facade, "name": name}
        if statement:
            (imports if use.inside else self.imports)[statement.format(**words)] = None
        return path.format(**words)


def _with_imports(line: str, imports: dict[str, None]) -> list[str]:
    if line.strip() != "IMPORTS":
        return [line]
    indent = line[: -len("IMPORTS")]
    return [indent + one for statement in imports for one in statement.split("\n")]


def _helped(lines: list[str], one: Definition) -> list[str]:
    """Add the function that a definition calls, and a method to classes at the top level."""
    found = [f"def help_{one.name}(x):", f"    return x + {one.helper}"]
    for line in lines:
        found.append(line)
        if line.startswith("class ") and line.endswith(":"):
            found += ["    def helped(self):", f"        return {one.helper}"]
    return found


def _noted(lines: list[str], note: str) -> list[str]:
    """Add comments, and docstrings to functions and classes at the top level."""
    if not note:
        return lines
    docstring = textwrap.indent(f'"""{note}\n\nMore of it.\n"""\n\n', "    ").split("\n")
    found = [f"# {note}"]
    for line in lines:
        found.append(line)
        if line.startswith(("def ", "class ")):
            found.extend(docstring)
    found[-1] += f"  # {note}"
    return found
