"""Decisions as lines, one for each stage, for every command that shows some and carries none out."""

from collections.abc import Iterable, Sequence

from pivot.decide import Decision
from pivot.look import Look
from pivot.plan import Step
from pivot.workspace import Workspace
from pivot_cli.session import Session
from pivot_cli.words import NO_STAGES, short, status

UNCOMMITTED = "(has a result that pivot commit would record)"


def explain_steps(
    session: Session, workspace: Workspace, look: Look, steps: Iterable[Step], *, diff: bool = False
) -> None:
    """Print the full explanation of each step; ``diff`` adds the source of what changed."""
    from pivot_cli.explain import print_explanations  # lazy: words that a run does not need

    print_explanations(session, workspace, look, steps, diff=diff)


def show_decisions(session: Session, decisions: Sequence[Decision], pending: frozenset[str] = frozenset()) -> None:
    """Print a line for each stage: its name, what would happen, and the first reason.

    ``pending`` are stages with a result that is not committed.
    """
    out = session.terminal.out
    if not decisions:
        out.line(NO_STAGES)
    width = max((len(one.stage) for one in decisions), default=0)
    current = out.paint(f"{'up to date':<12}", "dim")
    for one in decisions:
        word = status(one)
        shown = current if word == "up to date" else out.paint(f"{word:<12}", "yellow")
        words = out.paint(short(one.reasons), "dim")
        if one.stage in pending:
            words += f" {UNCOMMITTED}"
        out.line(f"{one.stage:<{width}}   {shown}   {words}".rstrip())
