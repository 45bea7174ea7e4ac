"""Random edits of random projects: those that may mean something, and those that mean nothing.

An edit that means nothing must run no stage; after any other one it is for the execution to say what changed.
"""

import ast
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hypothesis import strategies as st
from projects import FORMS, Definition, Project, a_first, a_use, all_uses, some_uses
from templates import KINDS

# Uses of a function by which nobody can see its name.
_BLIND = frozenset(["from", "as", "module", "module as", "package", "relative"])


class Edit(NamedTuple):
    """What is done, in words; ``definition`` is the only one whose text changes, if it is only one."""

    words: str
    project: Project
    definition: int | None = None


def _number(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    return Edit("another number", _with(project, at, one._replace(number=one.number + draw(st.integers(1, 5)))), at)


def _form(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    return Edit("another form", _with(project, at, one._replace(form=draw(FORMS))))


def _uses(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    inside = not KINDS[one.kind].now
    uses = draw(some_uses(project.definitions[:at], one.module, project.modules, inside=inside, least=0))
    return Edit("other uses", _with(project, at, one._replace(uses=uses)))


def _helper(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    helper = 0 if one.helper else draw(st.integers(1, 5))
    return Edit(
        "a new function that it calls, a new method, or both gone", _with(project, at, one._replace(helper=helper)), at
    )


def _first(draw: st.DrawFn, project: Project) -> Edit:
    firsts = [at for at, one in enumerate(project.definitions) if one.first is not None]
    if not firsts:
        return _number(draw, project)
    at = draw(st.sampled_from(firsts))
    one = project.definitions[at]
    first = draw(a_first(one.kind, one.module, project.modules, project.definitions[:at]))
    return Edit("another decorator, base or target", _with(project, at, one._replace(first=first)))


def _styles(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    uses = tuple(
        draw(a_use(use.target, project.definitions[use.target], one.module, project.modules, inside=use.inside))
        for use in one.uses
    )
    return Edit("other imports", _with(project, at, one._replace(uses=uses)))


def _delete(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project, stages=False))
    return Edit("deleted or put back", project._replace(deleted=project.deleted ^ {at}))


def _effects(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(st.integers(0, len(project.modules) - 2))
    return Edit("imported for its effect or not", project._replace(effects=tuple(sorted({*project.effects} ^ {at}))))


def _move(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project, stages=False))
    one = project.definitions[at]
    least = max([project.definitions[use.target].module for use in all_uses(one)], default=0)
    users = [other.module for other in project.definitions if at in {use.target for use in all_uses(other)}]
    most = min(users, default=one.module)
    module = draw(st.integers(min(least, one.module), max(most, one.module)))
    return Edit("moved", _with(project, at, one._replace(module=module)))


def _name(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project, stages=False))
    return Edit(
        "renamed with all who use it", _with(project, at, project.definitions[at]._replace(name=f"renamed{at}"))
    )


# ------------------------------------------------------------ without a meaning


def _note(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    note = draw(st.sampled_from(["", "A note.", "Another note: x + 1", "# ' \" #"]))
    return Edit("comments and docstring", _with(project, at, project.definitions[at]._replace(note=note)))


def _hint(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(_any(project))
    one = project.definitions[at]
    return Edit("annotations", _with(project, at, one._replace(hinted=not one.hinted)))


def _order(draw: st.DrawFn, project: Project) -> Edit:
    at = draw(st.integers(0, len(project.modules) - 1))
    return Edit("order of functions", project._replace(swapped=project.swapped ^ {at}))


_UNUSED = (
    "def unused(x):\n    return x * 77",
    "class Unused:\n    def run(self):\n        return unused\n",
    "UNUSED = {'a': 3, 'b': [1, 2]}",
    "import json as unused_module",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nowhere import Unknown",
)


def _unused(draw: st.DrawFn, project: Project) -> Edit:
    more = draw(st.integers(0, len(project.modules) - 1)), draw(st.sampled_from(_UNUSED))
    unused = tuple(one for one in project.unused if one != more)
    return Edit("something unused", project._replace(unused=unused if more in project.unused else (*unused, more)))


def _blind_name(draw: st.DrawFn, project: Project) -> Edit:
    """Rename a function that is only called, and makes none itself, with its callers."""
    seen = {
        use.target
        for one in project.definitions
        for use in all_uses(one)
        if use.inside or use.style not in _BLIND or use == one.first
    }
    known = [at for at, one in enumerate(project.definitions) if _is_simple(one) and at not in seen]
    if not known:
        return _note(draw, project)
    at = draw(st.sampled_from(known))
    return Edit(
        "a function renamed with its callers", _with(project, at, project.definitions[at]._replace(name=f"r{at}"))
    )


MEANING: tuple[Callable[[st.DrawFn, Project], Edit], ...] = (
    _number, _form, _uses, _helper, _first, _styles, _delete, _effects, _move, _name,
)  # fmt: skip
NO_MEANING = (_note, _hint, _order, _unused, _blind_name)


def _is_simple(one: Definition) -> bool:
    form = KINDS[one.kind].forms[one.form % len(KINDS[one.kind].forms)]
    return one.kind == "plain" and not any(f"{word} " in form[3:] for word in ("def", "class", "lambda"))


@st.composite
def edits(draw: st.DrawFn, project: Project) -> Edit:
    """Draw an edit that may change what stages give."""
    return draw(st.sampled_from(MEANING))(draw, project)


@st.composite
def polishings(draw: st.DrawFn, project: Project) -> Edit:
    """Draw an edit that means nothing."""
    return draw(st.sampled_from(NO_MEANING))(draw, project)


def reformatted(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts as another formatter would have them: no comments, other quotes, parentheses and line breaks."""
    return {path: ast.unparse(ast.parse(text)) + "\n" for path, text in texts.items()}


def _any(project: Project, *, stages: bool = True) -> st.SearchStrategy[int]:
    known = [at for at, one in enumerate(project.definitions) if stages or one.kind != "stage"]
    return st.sampled_from(known)


def _with(project: Project, at: int, one: Definition) -> Project:
    definitions = list(project.definitions)
    definitions[at] = one
    return project._replace(definitions=tuple(definitions))
