"""``pivot fetch``: get what the cache lacks of outputs and tracked data, and leave the work tree alone."""

import click

from pivot_cli import moving
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified


@click.command(
    name="fetch",
    cls=Exemplified,
    examples=[("pivot fetch", "everything that the records name"), ("pivot fetch -r disk train", "")],
)
@moving.options
@as_json
@common
@click.pass_obj
def command(session: Session, /, asked: moving.Asked, as_json: bool) -> int:
    """Get outputs and tracked data from a remote into the cache.

    No file of yours changes: this is what pull does, but for its last step, pivot checkout. Exit code 1 if something
    could not be got; the rest was.
    """
    return moving.transfer(session, moving.FETCH, asked, as_json=as_json)
