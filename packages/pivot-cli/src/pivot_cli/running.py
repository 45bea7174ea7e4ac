"""What ``repro`` and ``run`` share: their options, and the short way where there is nothing to do.

The long way, from a plan or a run to the screen, is ``execution``, which is imported only then: to import it takes as
long as all that a run with nothing to do has to look at.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import click

from pivot_cli.quantities import up_to_date
from pivot_cli.session import Session
from pivot_cli.usage import option
from pivot_cli.wiring import base_of, executors, open_workspace

type Names = tuple[str, ...]


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a run."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command


_OPTIONS = (
    option("-n", "--dry-run", is_flag=True, help="Only show what would run."),
    option("-e", "--explain", is_flag=True, help="Only show what would run, and why in full."),
    option("-f", "--force", is_flag=True, help="Run even what is up to date."),
    option("-k", "--keep-going", is_flag=True, help="After a failure, go on with what does not depend on it."),
    option("-j", "--jobs", metavar="N", type=click.IntRange(min=1), help="How many stages may run at once."),
    option("--no-commit", is_flag=True, help="Leave results in the work tree only; pivot commit records them."),
    option("--no-wait", is_flag=True, help="Fail where another pivot is at work, instead of waiting for it."),
    option(
        "--lock-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        help="Wait for another pivot at most so long.",
    ),
    option("--pull", is_flag=True, help="Get what is missing and needed from the remote, not by running."),
    option("--push", is_flag=True, help="Send what the stages made to the remote, once all went well."),
    option("--checkout-missing", is_flag=True, help="First give back outputs that are missing, as recorded."),
    option("--allow-missing", is_flag=True, help="Believe the records about outputs that are not here."),
    option("-r", "--remote", metavar="NAME", help="Which remote --pull and --push use; else the default one."),
    option("--summary", metavar="FILE", help="Add what happened to FILE, as Markdown."),
    option("--reload", is_flag=True, help="Import pipeline.py even if nothing that it reads changed."),
    option("--jsonl", is_flag=True, help="Print what happens as it happens, each event a JSON object on a line."),
)


def carry_out(
    session: Session,
    stages: Names,
    *,
    alone: bool,
    dry_run: bool,
    explain: bool,
    as_json: bool,
    force: bool,
    keep_going: bool,
    jobs: int | None,
    no_commit: bool,
    no_wait: bool,
    lock_timeout: float | None,
    reload: bool,
    jsonl: bool,
    pull: bool,
    push: bool,
    checkout_missing: bool,
    allow_missing: bool,
    remote: str | None,
    summary: str | None,
) -> int:
    """Run stages, or only show what would run, and return the exit code."""
    if pull and allow_missing:
        raise click.UsageError("--pull and --allow-missing exclude each other: --pull allows it where nothing needs it")
    if no_wait and lock_timeout is not None:
        raise click.UsageError("--no-wait and --lock-timeout exclude each other")
    only_show = dry_run or explain
    if jsonl and (only_show or as_json):
        raise click.UsageError("--jsonl prints the events of a run: it does not go with -n, -e and --json")
    if only_show and (pull or push):
        raise click.UsageError("--pull and --push move data, and --dry-run and --explain only show")
    with open_workspace(session, make=(pull or checkout_missing) and not only_show) as workspace:
        data, shared = as_json or jsonl, pull or push or checkout_missing or allow_missing or summary
        plain = not (stages or force or reload or explain or data or no_commit or shared or session.verbose)
        if plain and (standing := workspace.standing()):
            if dry_run:
                show_standing(session, standing)
            if not session.quiet:
                session.terminal.out.line(up_to_date(len(standing), perf_counter() - session.began))
            return 0
        from pivot.early import Early  # lazy: see above

        with Early(executors(workspace), jobs or workspace.config.jobs) as early:
            if plain and not dry_run:
                early.boot()  # something changed: that process starts during the imports below
            from pivot.options import Options
            from pivot_cli import execution

            patience = 0.0 if no_wait else lock_timeout
            base = base_of(session, workspace)
            chosen = Options(stages, alone, force, keep_going, jobs, reload, base, no_commit, patience)
            if checkout_missing or allow_missing or pull:
                from pivot_cli.sharing import Absence, prepare

                wishes = Absence(checkout_missing, allow_missing, pull, remote)
                chosen = prepare(session, workspace, chosen, wishes, only_show=only_show, json=data)
            if only_show:
                return execution.show(session, workspace, chosen, explain=explain, as_json=as_json)
            code = execution.execute(
                session, workspace, chosen, early.take, as_json=as_json, as_lines=jsonl, summary=summary
            )
            if push and not code:
                from pivot_cli.sharing import push_after

                code = push_after(session, workspace, remote, json=data)
            return code


def show_standing(session: Session, stages: Names) -> None:
    """Print a line for each of these stages, which are all up to date, as ``decisions.show_decisions`` does."""
    out = session.terminal.out
    width = max(map(len, stages))
    shown = out.paint(f"{'up to date':<12}", "dim")
    out.line("\n".join([f"{stage:<{width}}   {shown}".rstrip() for stage in stages]))
