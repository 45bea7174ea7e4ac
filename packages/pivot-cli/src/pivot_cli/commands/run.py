"""``pivot run``: bring exactly the named stages up to date."""

from typing import Any

import click

from pivot_cli import running
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option


@click.command(
    name="run",
    cls=Exemplified,
    examples=[("pivot run evaluate", "only this stage"), ("pivot run -f train plot", "these two, changed or not")],
)
@click.argument("stages", nargs=-1, required=True)
@running.options
@option("--fail-fast", is_flag=True, help="Stop at the first failure: what happens without --keep-going.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, stages: tuple[str, ...], fail_fast: bool, **options: Any) -> int:
    """Bring exactly these stages up to date, and nothing else.

    What they depend on is taken as it is. A stage that is up to date is skipped all the same; -f runs it.
    """
    if fail_fast and options["keep_going"]:
        raise click.UsageError("--fail-fast and --keep-going exclude each other")
    return running.carry_out(session, stages, alone=True, **options)
