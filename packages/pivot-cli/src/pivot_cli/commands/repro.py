"""``pivot repro``: bring stages up to date, with all they depend on."""

from typing import Any

import click

from pivot_cli import running
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified


@click.command(
    name="repro",
    cls=Exemplified,
    examples=[
        ("pivot repro", "everything"),
        ("pivot repro train", "train and what it depends on"),
        ("pivot repro -n", "only show what would run"),
        ("pivot repro -k -j 8", "eight at once, and go on after a failure"),
    ],
)
@click.argument("stages", nargs=-1)
@running.options
@as_json
@common
@click.pass_obj
def command(session: Session, /, stages: tuple[str, ...], **options: Any) -> int:
    """Bring stages up to date, with all they depend on.

    Runs what changed and what depends on it, restores from the cache what was computed before, skips the rest.
    STAGES are names of stages or paths of outputs; without any, all of the pipeline.
    """
    return running.carry_out(session, stages, alone=False, **options)
