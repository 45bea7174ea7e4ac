"""Paths that are spelled out in source text, read without running anything."""

import ast
import os
from pathlib import Path

import pytest

from pivot_fingerprint.locations import FILE, Locations, placed
from pivot_fingerprint.reading import Module, dotted

VALUES = {
    name: ast.parse(text, mode="eval").body for name, text in {"HERE": "Path(__file__).parent", "LOOP": "LOOP"}.items()
}
MODULE = Module(["os", "Path", "HERE"], {"os": "!0:os:", "Path": "!0:pathlib:Path"}, VALUES)


def canonical(node: ast.expr) -> str:
    path = dotted(node)
    return "" if path is None else MODULE.canonical(path)


def read(text: str) -> str | None:
    return Locations(canonical, VALUES).read(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'data/words.txt'", "/cwd/data/words.txt"),
        ("'/data/words.txt'", "/data/words.txt"),
        ("__file__", "/project/pkg/module.py"),
        ("Path(__file__).parent / 'lib'", "/project/pkg/lib"),
        ("Path(__file__).resolve().parents[1] / 'lib'", "/project/lib"),
        ("os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib', 'words')", "/project/pkg/lib/words"),
        ("os.path.join(os.path.dirname(__file__), os.pardir)", "/project"),
        ("HERE / 'lib'", "/project/pkg/lib"),
        ("str(HERE.joinpath('lib')) + '/words'", "/project/pkg/lib/words"),
        ("HERE / '/other'", "/other"),
        ("os.getcwd()", "/cwd"),
        ("Path.cwd() / 'lib'", "/cwd/lib"),
    ],
)
def test_spelled_out_paths(text: str, expected: str) -> None:
    path = read(text)
    assert path is not None
    assert placed(path, "/project/pkg/module.py", "/cwd") == expected


@pytest.mark.parametrize("text", ["somewhere", "find('lib')", "HERE / name", "'a' + name", "LOOP", "7", "f'{name}'"])
def test_other_paths_are_not_guessed(text: str) -> None:
    assert read(text) is None


def test_placed_agrees_with_python(tmp_path: Path) -> None:
    file = tmp_path / "pkg" / "module.py"
    found = read("Path(__file__).parent.parent / 'lib'")
    assert found is not None
    assert found.startswith(FILE)
    assert placed(found, str(file), os.curdir) == str(file.parent.parent / "lib")
