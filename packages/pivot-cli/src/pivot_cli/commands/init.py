"""``pivot init``: start a project here, or write an example that works at once."""

from pathlib import Path

import click

from pivot.errors import UsageError
from pivot.project import PIPELINE, Project, create, find_root
from pivot_cli.example import FILES
from pivot_cli.session import Session, common
from pivot_cli.usage import Exemplified, option


@click.command(
    name="init",
    cls=Exemplified,
    examples=[("pivot init", "an empty project"), ("pivot init --example", "a pipeline to try: then run pivot repro")],
)
@option("-f", "--force", is_flag=True, help="Write over files that are there; make a project inside another.")
@option("--example", is_flag=True, help="Write a pipeline of two stages, with its data.")
@common
@click.pass_obj
def command(session: Session, /, force: bool, example: bool) -> int:
    """Start a project here: make .pivot/ in this directory.

    Not needed for a pipeline.py that is there already: the first repro makes .pivot/ where it belongs.
    """
    here = session.start.resolve()
    root = here if force else find_root(here) or here
    if example:
        write_example(here, force=force)
    made = create(Project(root, here / PIPELINE))
    if session.quiet:
        return 0
    say = session.terminal.out.line
    say(f"{'Made' if made else 'There was already'} {root / '.pivot'}")
    if example:
        say(f"Wrote {' and '.join(FILES)}")
    if (here / PIPELINE).is_file():
        say("Next: pivot repro")
    else:
        say(f"Next: write {PIPELINE}, or get one that works with: pivot init --example")
    return 0


def write_example(directory: Path, *, force: bool) -> None:
    """Write the example's files. Raises UsageError, and writes none, if one is there and ``force`` is not given."""
    there = [name for name in FILES if (directory / name).exists()]
    if there and not force:
        raise UsageError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} already in {directory}",
            hint="go to an empty directory, or write over with --force",
        )
    for name, text in FILES.items():
        (directory / name).write_text(text)
