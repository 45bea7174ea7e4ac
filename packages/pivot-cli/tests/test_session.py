import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from pivot_cli.session import Session, common


@click.group()
@common
@click.pass_context
def tool(context: click.Context) -> None:
    context.ensure_object(Session)


@tool.command()
@common
@click.pass_obj
def show(session: Session) -> None:
    click.echo(f"{session.start} {session.verbose} {session.quiet}")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["show"], "{} False False"),
        (["-v", "show"], "{} True False"),
        (["show", "-v"], "{} True False"),
        (["-q", "-C", "below", "show"], "{}/below False True"),
        (["show", "-C", "below", "--quiet"], "{}/below False True"),
        (["-C", "below", "show", "-C", "deep"], "{}/below/deep False False"),
    ],
)
def test_global_options_stand_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], shown: str
) -> None:
    (tmp_path / "below" / "deep").mkdir(parents=True)
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(tool, words)
    assert result.output == shown.format(tmp_path) + "\n"


def test_a_directory_that_is_not_there(pivot: Callable[..., Any]) -> None:
    outcome = pivot("-C", "nowhere", "list")
    assert outcome.code == 2
    assert "nowhere" in outcome.err


def test_a_working_directory_that_was_deleted(pivot: Callable[..., Any]) -> None:
    os.rmdir(os.getcwd())
    outcome = pivot("list")
    assert outcome.code == 2
    assert outcome.err.startswith("Error: the working directory was deleted\n")


def test_no_translations_are_looked_for() -> None:
    """gettext looks at a dozen paths, and imports locale to know which."""
    program = "import sys; from pivot_cli.main import run; run(['repro']); sys.exit('locale' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd="/", capture_output=True, check=False).returncode == 0
