"""``pivot impact``: which stages an edit would run."""

import os
from pathlib import Path

import click

from pivot.errors import UsageError
from pivot.graph import build
from pivot.impact import find_impact, ignored, is_imported
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import open_workspace


@click.command(
    name="impact",
    cls=Exemplified,
    examples=[
        ("pivot impact src/utils.py", "an edit anywhere in this module"),
        ("pivot impact src/utils.py:normalize", "an edit of this function"),
        ("pivot impact src/features", "an edit anywhere in this directory"),
        ("pivot impact data.csv", "other data"),
    ],
)
@click.argument("target", metavar="PATH[:NAME]")
@as_json
@common
@click.pass_obj
def command(session: Session, /, target: str, as_json: bool) -> int:
    """Show which stages an edit would run.

    PATH is a source file, data, or a directory of either; NAME a function, a class, a method (Model.fit) or a constant
    in it. "(+1 more)" says how many more of what is there a stage depends on. Stages that only read, perhaps through
    others, what these make are shown as "if … changes".
    """
    path, _, name = (target, "", "") if (session.start / target).is_file() else target.partition(":")
    if not path:
        raise UsageError("which file?", hint="pivot impact PATH, or PATH:NAME for a definition in it")
    out = session.terminal.out
    with open_workspace(session) as workspace:
        look = workspace.look(workspace.manifest())
        graph = build(look.manifest.stages)
        place = _place(session.start / path, look.project.root)
        found = find_impact(look, graph, place, name or None)
        left_out = ignored(look, place, name or None)
        imported = not name and is_imported(look, place)
    if as_json:
        out.json({"target": target, "stages": [one._asdict() for one in found], "ignored": left_out})
        return 0
    if not found and imported:
        out.line(f"No stage depends on a definition in {target}")
        out.line("The pipeline imports it: what it imports for others, or does then, may count all the same")
    elif not found:
        out.line(f"No stage depends on {target}")
    if left_out:
        out.line(f"Left out on request (# pivot: ignore): {', '.join(left_out)}")
    width = max((len(one.stage) for one in found), default=0)
    for one in found:
        before = [stage for stage in graph.upstream[one.stage] if any(other.stage == stage for other in found)]
        words = one.via[0] if one.direct else f"if what {' or '.join(before)} makes changes"
        more = f" (+{len(one.via) - 1} more)" if len(one.via) > 1 else ""
        out.line(f"{one.stage:<{width}}   {'would run' if one.direct else 'may run  '}   {words}{more}")
    return 0


def _place(path: Path, root: Path) -> Path:
    """Return a path as the project spells it: links are followed only where that leads into the project."""
    place = Path(os.path.abspath(path))
    return place if place.is_relative_to(root) else place.resolve()
