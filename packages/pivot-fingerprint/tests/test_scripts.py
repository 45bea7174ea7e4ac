"""Imports of programs, found from their text."""

import os
from pathlib import Path

import pytest

from pivot_fingerprint.scripts import imported


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "run.py": "import a.b, json\ndef f():\n    from c import x\n",
        "a/__init__.py": "",
        "a/b.py": "from . import d\nfrom .e.deep import y\nfrom .. import far\n",
        "a/d.py": "import run, broken\n",
        "a/e/deep.py": "y = 1",  # below a directory without __init__.py
        "broken.py": "def",
        "other/c.py": "",
        "unused.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(project: Path, start: str, text: str | None, *places: str) -> set[str]:
    found = imported(str(project / start), text, [str(project / place) for place in places])
    return {os.path.relpath(path, project) for path in found}


def test_script(project: Path) -> None:
    everything = {"a/__init__.py", "a/b.py", "a/d.py", "a/e/deep.py", "run.py", "broken.py", "other/c.py"}
    assert names(project, "run.py", None, "other") == everything
    assert names(project, "run.py", None) == everything - {"other/c.py"}


def test_text_and_the_first_place_that_has_a_module(project: Path) -> None:
    (project / "other" / "broken.py").touch()
    assert names(project, "other", "import broken") == {"other/broken.py"}
    assert names(project, ".", "import broken", "other") == {"broken.py"}


@pytest.mark.parametrize("start", ["missing.py", "broken.py"])
def test_nothing_can_be_read(project: Path, start: str) -> None:
    assert names(project, start, None) == set()
