import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from pivot_cli import __version__
from pivot_cli.group import COMMANDS, cli
from pivot_cli.usage import Exemplified

type Run = Callable[..., Any]


def test_help_is_short_and_grouped(pivot: Run) -> None:
    outcome = pivot("--help")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    for section in ("Run:", "Look:", "Data:", "Set up:", "Examples:"):
        assert section in lines
    assert pivot().out == outcome.out
    assert pivot("-h").out == outcome.out


def test_version(pivot: Run) -> None:
    assert pivot("--version") == (0, f"pivot {__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(pivot: Run, name: str) -> None:
    outcome = pivot(name, "--help")
    assert outcome.code == 0
    assert f"Usage: pivot {name}" in outcome.out
    assert "Examples:" in outcome.out
    assert f"  pivot {name}" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_every_command_of_a_group_has_help_with_an_example(pivot: Run) -> None:
    groups = {name: group for name in COMMANDS if isinstance(group := cli.get_command(None, name), click.Group)}
    assert groups.keys() == {"config", "remote"}
    for words in [(name, inner) for name, group in groups.items() for inner in group.commands]:
        lines = pivot(*words, "--help").out.splitlines()
        assert "Examples:" in lines and max(map(len, lines)) <= 80, words


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = cli.get_command(None, name)
    assert isinstance(command, Exemplified)
    assert COMMANDS[name].about == (command.help or "").partition("\n")[0].strip()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("rerpo",), "did you mean repro?"),
        (("xyzzy",), "known: " + ", ".join(sorted(COMMANDS))),
        (("repro", "--dryrun"), "did you mean --dry-run?"),
        (("repro", "--keepgoing"), "did you mean --keep-going?"),
        (("--verson",), "did you mean --version?"),
        (("config", "lst"), "did you mean list?"),
        (("config", "get", "core.job"), "did you mean core.jobs?"),
        (("run",), "pivot run --help shows how to use it"),
    ],
)
def test_a_mistyped_word_gets_a_suggestion(pivot: Run, words: tuple[str, ...], hint: str) -> None:
    outcome = pivot(*words)
    assert outcome.code in (2, 3)
    assert outcome.out == ""
    assert hint in outcome.err


def test_nothing_heavy_is_imported_to_start() -> None:
    """What a run that has nothing to do must not pay for; each of these costs milliseconds."""
    program = (
        "import sys; from pivot_cli.group import cli; cli.get_command(None, 'repro'); cli.get_command(None, 'status')\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "pivot.standing" in loaded and "pivot.repro" not in loaded
    heavy = {
        "asyncio", "concurrent.futures", "difflib", "importlib.metadata", "logging", "multiprocessing", "pydantic",
        "pivot.execute.local", "pivot_cli.explain", "pivot_cli.progress", "rich", "shutil", "subprocess", "tempfile",
        "tomlkit", "tomllib", "traceback", "yaml",
    }  # fmt: skip
    assert heavy.isdisjoint(loaded), heavy & set(loaded)


def test_the_readme_names_every_command() -> None:
    readme = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`pivot {name}`" not in readme] == []
