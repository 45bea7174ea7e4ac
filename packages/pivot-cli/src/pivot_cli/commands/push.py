"""``pivot push``: send what a remote lacks of outputs and tracked data."""

import click

from pivot_cli import moving
from pivot_cli.ci import refuse_forks
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option


@click.command(
    name="push",
    cls=Exemplified,
    examples=[
        ("pivot push", "everything that the records name"),
        ("pivot push train data/raw.csv", "the outputs of a stage, and tracked data"),
        ("pivot push -n -r disk", "what would be sent to the remote disk"),
    ],
)
@moving.options
@option("--allow-pr-push", is_flag=True, help="Send even from a job for somebody else's pull request.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, asked: moving.Asked, allow_pr_push: bool, as_json: bool) -> int:
    """Send outputs and tracked data to a remote.

    What it lacks, and nothing twice. TARGETS are stages, outputs, tracked files, or directories above them; without
    any, all that the records of the project name. Exit code 1 if something could not be sent; the rest was.
    """
    if not (asked.dry_run or allow_pr_push):
        refuse_forks()
    return moving.transfer(session, moving.PUSH, asked, as_json=as_json)
