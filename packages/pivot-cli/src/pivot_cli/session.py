"""What the global options say, for every command: where to work, how much to say, on which terminal.

Also makes the options themselves, because people write ``pivot repro -v`` as often as ``pivot -v repro``.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from pivot.errors import UsageError
from pivot_cli.terminal import Terminal, open_terminal
from pivot_cli.usage import option

type Command = Callable[..., Any]


class Session:
    """The setting of one command. Filled by the global options while they are parsed."""

    def __init__(self, began: float | None = None) -> None:
        self.began = perf_counter() if began is None else began  # so that a time shown is what the user waited
        self.start = _here()
        self.verbose = False
        self.quiet = False
        self.terminal: Terminal = open_terminal()


def _here() -> Path:
    """Return the working directory. Raises UsageError where somebody deleted it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the working directory was deleted", hint="cd to one that exists, and run again") from None


def common(command: Command) -> Command:
    """Give a command the global options."""
    for add in (_directory, _quiet, _verbose):
        command = add(command)
    return command


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Session), name, value)

    return callback


def _go(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        session = context.ensure_object(Session)
        session.start /= value
        if not session.start.is_dir():
            raise click.BadParameter(f"{session.start} is not a directory", context, parameter)


_verbose = option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set("verbose"),
    help="Say more; show what stages print.",
)
_quiet = option(
    "-q", "--quiet", is_flag=True, expose_value=False, callback=_set("quiet"), help="Say nothing but errors."
)
_directory = option(
    "-C",
    "start",
    metavar="DIR",
    expose_value=False,
    callback=_go,
    help="Work as if started in DIR.",
)

as_json = option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
