"""Commands whose help ends with examples: on the screen, and as data for the reference.

Only the shape; each command brings its own examples. What click would do to each text of a help, before anyone asks for
help, is left out: to look for translations, of which there are none, costs 2 ms of every command, and what takes the
indentation out of texts, of which there is none, needs ``inspect``, another 10 ms.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from pivot.suggest import did_you_mean

type Examples = Sequence[tuple[str, str]]
"""Command lines, each with a few words that say what it does; empty words for one that needs none."""


class Option(click.Option):
    """An option whose help is kept as it is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        words = kwargs.pop("help")
        super().__init__(*args, **kwargs)
        self.help = words


option = partial(click.option, cls=Option)


class Exemplified(click.Command):
    """A command with ``examples``."""

    def __init__(self, *args: Any, examples: Examples = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        names = self.get_help_option_names(ctx)
        return Option(
            list(names),
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_help,
            help="Show this message and exit.",
        )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for line in example_lines(self.examples):
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        super().format_epilog(ctx, formatter)


class ExemplifiedGroup(Exemplified, click.Group):
    """A group with ``examples``; it answers an unknown command with the nearest one."""

    command_class = Exemplified

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}: {did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def example_lines(examples: Examples) -> list[str]:
    """Return examples as aligned lines."""
    width = max((len(line) for line, _ in examples), default=0)
    return [f"{line:<{width}}   {words}".rstrip() for line, words in examples]
