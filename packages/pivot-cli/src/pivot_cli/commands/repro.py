"""``pivot repro``: bring stages up to date, with all they depend on, once or at every edit."""

from typing import Any

import click

from pivot_cli import running
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option


@click.command(
    name="repro",
    cls=Exemplified,
    examples=[
        ("pivot repro", "everything"),
        ("pivot repro train", "train and what it depends on"),
        ("pivot repro -n", "only show what would run"),
        ("pivot repro -k -j 8", "eight at once, and go on after a failure"),
        ("pivot repro --watch", "and again whenever a file is saved"),
    ],
)
@click.argument("stages", nargs=-1)
@running.options
@option("-w", "--watch", is_flag=True, help="Stay, and run again at every edit; Ctrl-C or q ends it.")
@option("--no-cancel", is_flag=True, help="With --watch: an edit does not end the stages that it affects.")
@option("--debounce", metavar="MS", type=click.IntRange(min=1), help="With --watch: how long files must be still.")
@option("--serve", is_flag=True, help="With --watch: let editors and agents ask and steer, over a Unix socket.")
@option("--bell", is_flag=True, help="With --watch: ring the terminal's bell when a run is over.")
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    stages: tuple[str, ...],
    watch: bool,
    no_cancel: bool,
    debounce: int | None,
    bell: bool,
    serve: bool,
    **options: Any,
) -> int:
    """Bring stages up to date, with all they depend on.

    Runs what changed and what depends on it, restores from the cache what was computed before, skips the rest.
    STAGES are names of stages or paths of outputs; without any, all of the pipeline.
    """
    if not watch:
        if no_cancel or debounce or bell or serve:
            raise click.UsageError("--no-cancel, --debounce, --bell and --serve are for --watch")
        return running.carry_out(session, stages, alone=False, **options)
    if options["dry_run"] or options["explain"] or options["as_json"]:
        raise click.UsageError("--watch runs stages: it does not go with -n, -e and --json (--jsonl prints events)")
    if any(options[name] for name in ("pull", "push", "checkout_missing", "allow_missing", "remote", "summary")):
        raise click.UsageError("--watch goes with no option that gets, sends or presumes data, nor with --summary")
    from pivot_cli import watching  # lazy: what watches is imported by nothing else

    return watching.watch(session, stages, watching.Wishes(not no_cancel, debounce, bell, serve), **options)
