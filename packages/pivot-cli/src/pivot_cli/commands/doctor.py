"""``pivot doctor``: what of this machine, its file systems and the settings could go wrong."""

from collections.abc import Iterable, Iterator

import click

from pivot.doctor import Sign, examine
from pivot.project import locate
from pivot.workspace import Workspace
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified
from pivot_cli.wiring import reach_remotes


@click.command(
    name="doctor",
    cls=Exemplified,
    examples=[("pivot doctor", "what was found, and what to do"), ("pivot doctor -q", "only what is wrong")],
)
@as_json
@common
@click.pass_obj
def command(session: Session, /, as_json: bool) -> int:
    """Examine this machine, its file systems and the settings.

    Changes nothing; what a file system can do is tried on files that are gone afterwards. Exit code 1 if something is
    wrong. Damage in the cache is for pivot fsck.
    """
    with Workspace(locate(session.start), make=False) as workspace:
        signs = [*examine(workspace), *_remotes(workspace)]
    if as_json:
        session.terminal.out.json({"healthy": _healthy(signs), "signs": [sign._asdict() for sign in signs]})
    else:
        show(session, signs)
    return 0 if _healthy(signs) else 1


def _remotes(workspace: Workspace) -> Iterator[Sign]:
    for name, address, problem in reach_remotes(workspace.config):
        if problem is None:
            yield Sign(f"Remote {name}", "fine", f"{address} answers")
        else:
            yield Sign(f"Remote {name}", "problem", problem, "pivot remote list shows what is set")


def show(session: Session, signs: Iterable[Sign]) -> None:
    """Print the signs, with what to do where something is wrong."""
    out, err = session.terminal
    signs = list(signs)
    for sign in signs:
        match sign.verdict:
            case "problem":
                err.line(f"{err.paint(err.marks.failed, 'red')} {sign.name}: {sign.found}")
                if sign.advice:
                    err.line(f"    Hint: {sign.advice}")
            case "note" | "fine" if not session.quiet:
                mark = out.paint(out.marks.done, "green") if sign.verdict == "fine" else out.marks.skipped
                out.line(f"{mark} {sign.name}: {sign.found}")
                if sign.advice:
                    out.line(f"    Hint: {sign.advice}")


def _healthy(signs: Iterable[Sign]) -> bool:
    return all(sign.verdict != "problem" for sign in signs)
