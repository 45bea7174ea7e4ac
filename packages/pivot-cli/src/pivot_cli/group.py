"""The group of all commands: their list, each imported only when it is used, and the global options.

What a command does is in ``commands``; how an error ends it in ``boundary``; how a process begins and ends in ``main``.
"""

from collections.abc import Sequence
from importlib import import_module

import click

from pivot_cli import __version__
from pivot_cli.boundary import guard
from pivot_cli.session import Session, common
from pivot_cli.terminal import open_terminal
from pivot_cli.usage import ExemplifiedGroup, option
from pivot_fingerprint.named import NamedTuple


class Entry(NamedTuple):
    """A command in the list: its section and one line, so that the list needs none of the commands."""

    section: str
    about: str


COMMANDS = {
    "repro": Entry("Run", "Bring stages up to date, with all they depend on."),
    "run": Entry("Run", "Bring exactly these stages up to date, and nothing else."),
    "accept": Entry("Run", "Record the code of a stage as equivalent, without running it."),
    "commit": Entry("Run", "Record what lies in the work tree as the result of stages, without a run."),
    "status": Entry("Look", "Show what would run, and why."),
    "verify": Entry("Look", "Check that stages are up to date, with all they depend on."),
    "list": Entry("Look", "List the stages, and what they make."),
    "impact": Entry("Look", "Show which stages an edit would run."),
    "checkout": Entry("Data", "Give back outputs and tracked data from the cache, as their records say."),
    "get": Entry("Data", "Give back a file as it was at a git revision, from the cache."),
    "track": Entry("Data", "Keep data that no stage makes: in the cache, with a .pvt file for git."),
    "push": Entry("Data", "Send outputs and tracked data to a remote."),
    "pull": Entry("Data", "Get outputs and tracked data from a remote, and check them out."),
    "fetch": Entry("Data", "Get outputs and tracked data from a remote into the cache."),
    "fsck": Entry("Care", "Check the cache and the records against each other."),
    "gc": Entry("Care", "Remove from the cache what nothing needs any more."),
    "doctor": Entry("Care", "Examine this machine, its file systems and the settings."),
    "init": Entry("Set up", "Start a project here: make .pivot/ in this directory."),
    "config": Entry("Set up", "Show and change settings."),
    "remote": Entry("Set up", "Name the places that the cache is shared through."),
}


class Commands(ExemplifiedGroup):
    """A group that finds its commands by name, in the module of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pivot_cli.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [(name, entry.about) for name, entry in COMMANDS.items() if entry.section == section]
                )


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"pivot {__version__}")
        context.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=[
        ("pivot init --example", "make a pipeline to try"),
        ("pivot repro", "run what must run"),
        ("pivot status --explain", "say why"),
    ],
)
@common
@option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Change your code. Pivot knows what to run."""
    context.ensure_object(Session)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run_guarded(words: Sequence[str], began: float) -> int:
    """Run a command line that ``began`` at this reading of the clock, and return the exit code; errors are told."""

    def command() -> object:
        return cli.main(list(words), prog_name="pivot", standalone_mode=False, obj=Session(began))

    return guard(command, open_terminal(), json="--json" in words)
