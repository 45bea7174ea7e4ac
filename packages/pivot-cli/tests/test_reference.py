from pivot_cli.group import COMMANDS
from pivot_cli.reference import reference

PAGE = reference()


def test_every_command_is_there() -> None:
    for name in COMMANDS:
        assert f"\n### pivot {name}\n" in PAGE
    assert "\n#### pivot config set\n" in PAGE


def test_options_are_tables_and_the_global_ones_stand_once() -> None:
    assert "| `-n, --dry-run` | Only show what would run. |" in PAGE
    assert PAGE.count("| `-v, --verbose` |") == 1
    assert PAGE.count("--help`") == 1


def test_examples_and_usage_are_blocks() -> None:
    assert "```text\npivot repro [OPTIONS] [STAGES]...\n```" in PAGE
    assert "$ pivot repro train" in PAGE
    assert PAGE.count("```") % 2 == 0


def test_exit_codes() -> None:
    assert "| 130 | interrupted |" in PAGE
