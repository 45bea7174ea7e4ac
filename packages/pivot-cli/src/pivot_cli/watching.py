"""``pivot repro --watch``: the watch with its display, its keys and whatever else speaks to it.

What a watch does is told in ``pivot.watch``; here it is wired to the terminal.
"""

from typing import NamedTuple

from pivot.repro import Options
from pivot.watch.loop import Watch
from pivot.watch.news import Tell
from pivot.workspace import Workspace
from pivot_cli.execution import made
from pivot_cli.jsonl import lines
from pivot_cli.keys import reading_keys
from pivot_cli.session import Session
from pivot_cli.watch_render import WatchRenderer
from pivot_cli.wiring import base_of, executors, open_warm, open_workspace, stop_on_terminate

STOPPED = 130


class Wishes(NamedTuple):
    """What was asked of a watch, beside what is asked of any run."""

    cancel: bool
    debounce: int | None
    bell: bool


def watch(
    session: Session,
    stages: tuple[str, ...],
    wishes: Wishes,
    *,
    jsonl: bool,
    force: bool,
    keep_going: bool,
    jobs: int | None,
    reload: bool,
    no_commit: bool,
    no_wait: bool,
    lock_timeout: float | None,
    **_: bool,
) -> int:
    """Watch until the user ends it, and return the exit code."""
    patience = 0.0 if no_wait else lock_timeout
    with open_workspace(session, make=True) as workspace:
        project, base = workspace.project, base_of(session, workspace)
        if workspace.created and not session.quiet and not jsonl:
            session.terminal.out.line(made(workspace))
        warm = open_warm(workspace)
        debounce = wishes.debounce or int(workspace.config.values["watch.debounce"] or 0)
    stop_on_terminate()
    out = session.terminal.out
    tell: Tell = (
        lines(out, project.root)
        if jsonl
        else WatchRenderer(
            session.terminal, project.root, verbose=session.verbose, quiet=session.quiet, bell=wishes.bell
        )
    )
    watching = Watch(
        project,
        Options(stages, False, force, keep_going, jobs, reload, base, no_commit, patience),
        lambda: Workspace(project, starter=warm),
        executors,
        tell,
        debounce=debounce,
        cancel=wishes.cancel,
        warm=warm,
    )
    with reading_keys(watching.post):
        try:
            watching.run()
        except KeyboardInterrupt:
            return STOPPED
        finally:
            warm.close()
            if isinstance(tell, WatchRenderer):
                tell.close()
    return 0
