"""Every example in the documentation, executed: files are written, commands typed, their output compared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pages import Command, File, Program, plain, steps

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXECUTED = [page for page in PAGES if any(True for _ in steps(page))]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    environ = dict(
        os.environ, HOME=str(tmp_path / "home"), PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    project = tmp_path / "project"
    project.mkdir()
    for step in steps(page):
        match step:
            case File(name, text):
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                (project / name).write_text(text)
            case Command(line, expected):
                if line.startswith(("pip ", "./dev", "git clone", "cd ")):
                    continue  # what it takes to get here
                ended = subprocess.run(
                    line,
                    check=False,
                    shell=True,
                    cwd=project,
                    env=environ,
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                assert plain(ended.stdout) == plain(expected), f"$ {line}"
            case Program(text):
                subprocess.run([sys.executable, "-c", text], cwd=project, env=environ, check=True)
