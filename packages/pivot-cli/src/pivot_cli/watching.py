"""``pivot repro --watch``: the watch with its display, its keys and whatever else speaks to it.

What a watch does is told in ``pivot.watch``; here it is wired to the terminal.
"""

from contextlib import ExitStack
from pathlib import Path

from pivot.options import Options
from pivot.watch.loop import Watch
from pivot.watch.news import News, Tell
from pivot.workspace import Workspace
from pivot_cli.execution import made
from pivot_cli.jsonl import event_data, lines
from pivot_cli.keys import reading_keys
from pivot_cli.offers import methods
from pivot_cli.serving import Server
from pivot_cli.session import Session
from pivot_cli.watch_render import WatchRenderer
from pivot_cli.wiring import base_of, executors, open_warm, open_workspace, stop_on_terminate
from pivot_fingerprint.named import NamedTuple

STOPPED = 130


class Wishes(NamedTuple):
    """What was asked of a watch, beside what is asked of any run."""

    cancel: bool
    debounce: int | None
    bell: bool
    serve: bool


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
    options = Options(stages, False, force, keep_going, jobs, reload, base, no_commit, patience)

    def open_again() -> Workspace:
        return Workspace(project, starter=warm)

    with ExitStack() as ends:
        ends.callback(warm.close)
        tellers: list[Tell] = [_display(session, project.root, wishes, ends, jsonl=jsonl)]

        def tell(news: News) -> None:
            for one in tellers:
                one(news)

        watching = Watch(
            project, options, open_again, executors, tell, debounce=debounce, cancel=wishes.cancel, warm=warm
        )
        if wishes.serve:
            server = Server(project.home, methods(open_again, base, watching.post))
            ends.callback(server.close)
            tellers.append(lambda news: server.tell(event_data(news, project.root)))
            if not (jsonl or session.quiet):
                session.terminal.out.line(f"Serving {project.relative(server.path)}")
        ends.enter_context(reading_keys(watching.post))
        try:
            watching.run()
        except KeyboardInterrupt:
            return STOPPED
    return 0


def _display(session: Session, root: Path, wishes: Wishes, ends: ExitStack, *, jsonl: bool) -> Tell:
    if jsonl:
        return lines(session.terminal.out, root)
    show = WatchRenderer(session.terminal, root, verbose=session.verbose, quiet=session.quiet, bell=wishes.bell)
    ends.callback(show.close)
    return show
