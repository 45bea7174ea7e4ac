"""The reference of all commands as Markdown, made from the help that the commands themselves print.

Called when the documentation is built: ``python -m pivot_cli.reference`` prints the page.
"""

from collections.abc import Iterator

import click

from pivot_cli.group import COMMANDS, cli
from pivot_cli.usage import Exemplified, example_lines


def reference() -> str:
    """Return the page: the global options, then each command with usage, options and examples."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    root = click.Context(cli, info_name="pivot", **cli.context_settings)
    yield "# Commands"
    yield ""
    yield "Every command takes the global options too, before or after its name."
    yield ""
    yield from _options(root)
    section = None
    for name, entry in COMMANDS.items():
        if entry.section != section:
            section = entry.section
            yield f"## {section}"
            yield ""
        command = cli.get_command(root, name)
        assert command is not None
        yield from _command(command, root, "###")
    yield from _exit_codes()


def _command(command: click.Command, parent: click.Context, heading: str) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    yield f"{heading} {context.command_path}"
    yield ""
    yield "```text"
    yield f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    yield "```"
    yield ""
    yield from (command.help or "").strip().split("\n")
    yield ""
    root = parent.find_root()
    yield from _options(context, frozenset(name for param in root.command.get_params(root) for name in param.opts))
    if isinstance(command, Exemplified) and command.examples:
        yield "```sh"
        yield from (
            f"$ {line}"
            for line in example_lines([(line, f"# {words}" if words else "") for line, words in command.examples])
        )
        yield "```"
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _command(below, context, heading + "#")


def _options(context: click.Context, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield a table of the options but for those in ``known``: the global ones, which stand at the top."""
    rows = []
    for option in context.command.get_params(context):
        if isinstance(option, click.Option) and known.isdisjoint(option.opts):
            record = option.get_help_record(context)
            rows += [record] if record else []
    if rows:
        yield "| option | |"
        yield "|---|---|"
        yield from (f"| `{_cell(names)}` | {_cell(text)} |" for names, text in rows)
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    yield ""
    yield "| code | |"
    yield "|---|---|"
    yield "| 0 | done |"
    yield "| 1 | a stage failed |"
    yield "| 2 | wrong usage: an unknown command, option or stage |"
    yield "| 3 | the pipeline or the project is wrong |"
    yield "| 4 | trouble with the cache, a remote, or a file that is in the way |"
    yield "| 70 | a bug in Pivot |"
    yield "| 130 | interrupted |"


if __name__ == "__main__":
    print(reference(), end="")
