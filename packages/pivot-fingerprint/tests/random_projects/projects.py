"""Small random projects: definitions that use one another over several modules.

A project is plain data, so that an edit is a changed value and the texts (``texts``) can always be made from it. What
a definition gives to those who use it is a number, so that whatever is executed ends in one that shows each edit.

A definition uses only definitions before it, and a module imports only modules before it, but for imports inside
functions. So nothing recurses without an end, and no import fails because of a cycle.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st
from templates import IMPORTS, INSIDE, KINDS


class Use(NamedTuple):
    """How a definition gets at another one. ``inside``: by an import in the function that uses it."""

    target: int
    style: str
    inside: bool = False


class Definition(NamedTuple):
    """One definition; ``number`` is a constant in it, ``form`` one of several ways to write its kind.

    ``helper`` is a constant in a function that only it calls and, of a class, in a further method; 0 if there is none.
    """

    kind: str
    name: str
    module: int
    number: int
    form: int = 0
    first: Use | None = None
    uses: tuple[Use, ...] = ()
    note: str = ""  # a comment and docstring
    hinted: bool = False
    helper: int = 0


class Module(NamedTuple):
    """One module: its full name, its group of modules, and the package around it if that re-exports."""

    name: str
    group: int
    facade: str = ""


class Project(NamedTuple):
    """The last module is ``stages``, where the functions ``s0``, ``s1``, … are definitions like others.

    ``effects`` are modules that the stages import for nothing but what that does.
    """

    modules: tuple[Module, ...]
    definitions: tuple[Definition, ...]
    effects: tuple[int, ...] = ()
    deleted: frozenset[int] = frozenset()
    swapped: frozenset[int] = frozenset()  # modules with plain functions in the opposite order
    unused: tuple[tuple[int, str], ...] = ()  # text at the end of a module that nobody uses

    @property
    def stages(self) -> list[str]:
        """The names of the stages."""
        return [one.name for one in self.definitions if one.kind == "stage"]


NUMBERS = st.integers(2, 9)
FORMS = st.integers(0, 9)
_DRAWN = sorted(KINDS.keys() - {"stage"})


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Draw a project."""
    modules = draw(_modules())
    last = len(modules) - 1
    definitions: list[Definition] = []
    module = 0
    for at in range(draw(st.integers(2, 10))):
        module = min(module + draw(st.sampled_from([0, 0, 1])), last - 1)
        definitions.append(draw(_definition(f"d{at}", module, modules, definitions)))
    for stage in range(draw(st.integers(1, 3))):
        uses = draw(some_uses(definitions, last, modules, inside=True, least=1))
        definitions.append(Definition("stage", f"s{stage}", last, draw(NUMBERS), uses=uses))
    effects = draw(st.sets(st.integers(0, last - 1), max_size=2))
    return Project(modules, tuple(definitions), tuple(sorted(effects)))


@st.composite
def _modules(draw: st.DrawFn) -> tuple[Module, ...]:
    found: list[Module] = []
    for group in range(draw(st.integers(1, 3))):
        package = draw(st.sampled_from(["", f"n{group}", f"p{group}", f"p{group}.deep"]))
        facade = package if package.startswith("p") else ""
        count = draw(st.integers(1, 2)) if package else 1
        found.extend(Module(f"{package}.m{at}" if package else f"t{group}", group, facade) for at in range(count))
    return (*found, Module("stages", 99))


@st.composite
def _definition(
    draw: st.DrawFn, name: str, module: int, modules: Sequence[Module], before: Sequence[Definition]
) -> Definition:
    there = {one.kind for one in before}
    kind = draw(
        st.sampled_from([one for one in _DRAWN if not KINDS[one].first or there.intersection(KINDS[one].first)])
    )
    first = draw(a_first(kind, module, modules, before)) if KINDS[kind].first else None
    uses = draw(some_uses(before, module, modules, inside=not KINDS[kind].now, least=0))
    helper = draw(st.sampled_from([0, 0, 3]))
    return Definition(kind, name, module, draw(NUMBERS), draw(FORMS), first, uses, helper=helper)


@st.composite
def a_first(draw: st.DrawFn, kind: str, module: int, modules: Sequence[Module], before: Sequence[Definition]) -> Use:
    """Draw what comes first in a definition."""
    target = draw(st.sampled_from([at for at, one in enumerate(before) if one.kind in KINDS[kind].first]))
    use = draw(a_use(target, before[target], module, modules, inside=False))
    return use._replace(style="module as") if kind.endswith("patch") else use


@st.composite
def some_uses(
    draw: st.DrawFn, before: Sequence[Definition], module: int, modules: Sequence[Module], *, inside: bool, least: int
) -> tuple[Use, ...]:
    """Draw what a definition uses."""
    known = [at for at, one in enumerate(before) if KINDS[one.kind].value]
    if not known:
        return ()
    targets = draw(st.lists(st.sampled_from(known), unique=True, min_size=least, max_size=2))
    return tuple(draw(a_use(target, before[target], module, modules, inside=inside)) for target in targets)


@st.composite
def a_use(
    draw: st.DrawFn, target: int, used: Definition, module: int, modules: Sequence[Module], *, inside: bool
) -> Use:
    """Draw the way in which a module gets at a definition of another one."""
    inside = inside and draw(st.integers(0, 3)) == 3
    own, other = modules[module], modules[used.module]
    impossible = {
        "package": "." not in other.name,
        "relative": own.group != other.group,
        "facade": not other.facade or own.group == other.group,
    }
    styles = [style for style in (INSIDE if inside else IMPORTS) if not impossible.get(style)]
    return Use(target, draw(st.sampled_from(styles)), inside)


def all_uses(one: Definition) -> tuple[Use, ...]:
    """Return what a definition uses, what comes first included."""
    return one.uses if one.first is None else (one.first, *one.uses)


# What can be changed by whoever gets hold of it.
_CHANGEABLE = frozenset(["table", "set", "registry", "hook", "meta", "class", "derived", "marked", "instance"])


def reached(project: Project, stage: str) -> set[int]:
    """Return the definitions on which a stage may depend, by way of what uses and changes what; rather too many."""
    users: dict[int, list[int]] = {}
    for number, one in enumerate(project.definitions):
        for use in all_uses(one):
            users.setdefault(use.target, []).append(number)
    found: set[int] = set()
    waiting = [at for at, one in enumerate(project.definitions) if one.name == stage]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting.extend(use.target for use in all_uses(project.definitions[at]))
            waiting.extend(number for number in users.get(at, ()) if _changes(project, number, at))
    return found


def _changes(project: Project, number: int, at: int) -> bool:
    """Whether a definition may change another one that it uses, at import or by what is called then."""
    one = project.definitions[number]
    first = KINDS[one.kind].looked_for and one.first is not None and one.first.target == at
    return first or (project.definitions[at].kind in _CHANGEABLE and one.kind != "stage")
