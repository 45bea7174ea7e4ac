"""The way from a plan or a run to the screen and the exit code, for ``repro`` and ``run``.

Imported once there is something to do, or more to say than that there is not: see ``running``.
"""

import os
from time import perf_counter

from pivot.events import Emit, Event, RunStarted
from pivot.forecast import plan
from pivot.options import Options
from pivot.plan import Plan, check_inputs
from pivot.repro import Summary, repro
from pivot.run import MakeExecutor
from pivot.workspace import Workspace
from pivot_cli.decisions import explain_steps, show_decisions
from pivot_cli.markdown import write_summary
from pivot_cli.quantities import plural, up_to_date
from pivot_cli.render import LiveLine, Renderer
from pivot_cli.report import Report, plan_data
from pivot_cli.session import Session
from pivot_cli.wiring import stop_on_terminate

FAILED, WRONG = 1, 3


def execute(
    session: Session,
    workspace: Workspace,
    chosen: Options,
    make_executor: MakeExecutor,
    *,
    as_json: bool,
    as_lines: bool = False,
    summary: str | None = None,
) -> int:
    """Run stages and say what happens, on the screen and in the file ``summary``; return the exit code."""
    stop_on_terminate()
    root = workspace.project.root
    report = Report(root)
    live = LiveLine() if as_json or as_lines else live_line(session)
    if as_lines:
        from pivot_cli.jsonl import lines  # lazy: for --jsonl only

        show: Emit | None = lines(session.terminal.out, root)
    else:
        show = None if as_json else _renderer(session, workspace, live)

    def emit(event: Event) -> None:
        report(event)
        if isinstance(event, RunStarted) and workspace.created and not (session.quiet or as_json or as_lines):
            session.terminal.out.line(made(workspace))
        if show is not None:
            show(event)

    try:
        ended = repro(workspace, chosen, make_executor, emit)
    finally:
        live.close()
    if summary is not None:
        write_summary(session.start / summary, report.data(), title="pivot repro")
    if as_json:
        session.terminal.out.json(report.data())
    return exit_code(ended)


def made(workspace: Workspace) -> str:
    """Return what is said when ``.pivot/`` was made."""
    home = os.path.relpath(workspace.project.home)
    return f"Made {home}: commit it; what belongs to this machine alone is left out by its .gitignore"


def _renderer(session: Session, workspace: Workspace, live: LiveLine) -> Renderer:
    root = workspace.project.root
    return Renderer(session.terminal, root, live, verbose=session.verbose, quiet=session.quiet, began=session.began)


def live_line(session: Session) -> LiveLine:
    """Return the line that moves, where the terminal can show one."""
    if session.quiet or not session.terminal.out.live:
        return LiveLine()
    from pivot_cli.progress import Spinner  # lazy: threads, for terminals only

    return Spinner(session.terminal.out)


def show(session: Session, workspace: Workspace, chosen: Options, *, explain: bool, as_json: bool) -> int:
    """Show what would run, and why."""
    started = perf_counter()
    look, planned = plan(workspace, chosen, narrow=not explain)
    check_inputs(planned, look.manifest.stages)
    seconds = perf_counter() - started
    if as_json:
        session.terminal.out.json(plan_data(workspace.project.root, planned.decisions, seconds))
    elif explain:
        explain_steps(session, workspace, look, planned.steps)
    else:
        show_decisions(session, planned.decisions)
        if planned.decisions:
            _sum_up(session, planned, seconds)
    return 0


def _sum_up(session: Session, planned: Plan, seconds: float) -> None:
    busy = sum(step.decision.action != "skip" for step in planned.steps)
    total = len(planned.decisions)
    text = f"{busy} of {plural(total, 'stage')} would run or be restored" if busy else up_to_date(total, seconds)
    session.terminal.out.line(text)


def exit_code(summary: Summary) -> int:
    """Return 0, or 1 for a stage that failed, or 3 if all that failed is how stages are declared."""
    if not summary.failures:
        return 0
    return WRONG if all(one.kind == "declaration" for one in summary.failures.values()) else FAILED
