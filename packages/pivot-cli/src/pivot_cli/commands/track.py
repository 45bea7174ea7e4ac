"""``pivot track``: data that no stage makes, in the cache and with a ``.pvt`` file for git."""

import click

from pivot.project import locate
from pivot.track import Kept, Options, track
from pivot.tracked import SUFFIX
from pivot.workspace import Workspace
from pivot_cache.errors import printable
from pivot_cli.execution import made
from pivot_cli.quantities import plural
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import base_of


@click.command(
    name="track",
    cls=Exemplified,
    examples=[
        ("pivot track data.csv", "then: git add data.csv.pvt .gitignore"),
        ("pivot track images/", "a directory as a whole"),
        ("pivot track -f data.csv", "as it is on disk, whatever data.csv.pvt says"),
    ],
)
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@option("-f", "--force", is_flag=True, help="Replace a .pvt file that cannot be read.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, paths: tuple[str, ...], force: bool, as_json: bool) -> int:
    """Keep data that no stage makes: in the cache, with a .pvt file for git.

    The .pvt file beside it says what the data is; commit that, and the data itself stays out of git. Track it again
    when it changed. A stage that reads it gets it back from the cache when it is missing.
    """
    project = locate(session.start)
    with Workspace(project) as workspace:
        if workspace.created and not (as_json or session.quiet):
            session.terminal.out.line(made(workspace))
        kept = []
        for one in track(workspace, Options(paths, force, base_of(session, workspace))):
            kept.append(one)
            if not as_json:
                show(session, one)
    if as_json:
        rows = [{"path": one.path, "fate": one.fate, **one.content._asdict(), "in_git": one.in_git} for one in kept]
        session.terminal.out.json({"tracked": rows})
    return 0


def show(session: Session, kept: Kept) -> None:
    """Print what came of a path."""
    out, err = session.terminal
    path = printable(kept.path)
    if not session.quiet:
        words = {"new": "tracked", "changed": "tracked as it is now", "same": "unchanged"}[kept.fate]
        size = plural(kept.content.size, "byte")
        out.line(f"{out.paint(out.marks.done, 'green')} {path}   {words}, {size}: {path}{SUFFIX}")
    if kept.in_git:
        err.line(f"  git has {path} itself, too; let it go with: git rm -r -q --cached -- {path}")
