import click
from click.testing import CliRunner

from pivot_cli.usage import Exemplified, ExemplifiedGroup, example_lines


@click.group(cls=ExemplifiedGroup, examples=[("tool", "")])
def tool() -> None:
    """A tool."""


@tool.command(examples=[("tool greet", "says hello"), ("tool greet --loud you", "louder")])
def greet() -> None:
    """Greet."""


def test_help_ends_with_aligned_examples() -> None:
    shown = CliRunner().invoke(tool, ["greet", "--help"]).output
    assert shown.endswith("Examples:\n  tool greet              says hello\n  tool greet --loud you   louder\n")


def test_a_command_without_examples() -> None:
    plain = Exemplified("plain", callback=lambda: None)
    assert "Examples" not in CliRunner().invoke(plain, ["--help"]).output


def test_an_unknown_command_gets_the_nearest_one() -> None:
    result = CliRunner().invoke(tool, ["great"])
    assert result.exit_code == 2
    assert "there is no command 'great': did you mean greet?" in result.output


def test_lines() -> None:
    assert example_lines([("a", "x"), ("abc", "")]) == ["a     x", "abc"]
    assert example_lines([]) == []
