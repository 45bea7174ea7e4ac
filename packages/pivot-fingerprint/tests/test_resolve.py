"""What names mean, through imports, re-exports and stars."""

from pathlib import Path

import pytest

from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.resolve import Resolver, Target
from pivot_fingerprint.sources import Source, Sources


def write(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / f"{name}.py").write_text(text)


def resolve(root: Path, path: str, module: str = "main") -> Target:
    sources = Sources(Finder([str(root)], []), PlainMemo())
    found = sources.module(module)
    assert isinstance(found, Source)
    return Resolver(sources).resolve(found, path)


@pytest.mark.parametrize(
    ("main", "path"),
    [
        ("from deep import clean\n", "clean"),
        ("from between import clean\n", "clean"),
        ("from between import clean as tidy\n", "tidy"),
        ("import deep\n", "deep.clean"),
        ("import between\n", "between.clean"),
        ("import between as b\n", "b.clean"),
        ("from stars import *\n", "clean"),
    ],
)
def test_all_ways_lead_to_the_definition(tmp_path: Path, main: str, path: str) -> None:
    write(
        tmp_path,
        main=main,
        deep="def clean(): ...\n",
        between="from deep import clean\n",
        stars="from deep import *\n",
    )
    found = resolve(tmp_path, path)
    assert found.identity == "deep:clean"
    assert ("deep", "clean") in found.names
    assert len(found.definitions) == 1


def test_a_module_below_a_package_is_loaded_with_it(tmp_path: Path) -> None:
    for package in ("lib", "lib/sub"):
        (tmp_path / package).mkdir()
    write(tmp_path, **{"main": "", "lib/__init__": "", "lib/sub/__init__": "", "lib/sub/deep": "def clean(): ...\n"})
    found = resolve(tmp_path, "!0:lib:sub.deep.clean")
    assert found.loads == ("lib", "lib.sub", "lib.sub.deep")


def test_attributes_of_a_definition_are_left(tmp_path: Path) -> None:
    write(tmp_path, main="from deep import Model\n", deep="class Model: ...\n")
    found = resolve(tmp_path, "Model.fit.x")
    assert (found.names, found.rest) == ((("deep", "Model"),), "fit.x")


def test_a_star_gives_what_is_exported_only(tmp_path: Path) -> None:
    write(tmp_path, main="from deep import *\n", deep="__all__ = ['a']\na = 1\nb = 2\n")
    assert resolve(tmp_path, "a").names == (("deep", "a"),)
    assert ("deep", "b") not in resolve(tmp_path, "b").names


def test_every_way_counts(tmp_path: Path) -> None:
    write(
        tmp_path,
        main="try:\n    from fast import run\nexcept ImportError:\n    from slow import run\n",
        fast="def run(): ...\n",
        slow="def run(): ...\n",
    )
    assert {("fast", "run"), ("slow", "run")} <= set(resolve(tmp_path, "run").names)


def test_outside_the_project_the_dotted_name_counts(tmp_path: Path) -> None:
    write(tmp_path, main="import lib.sub as s\nfrom lib import sub\n")
    found = resolve(tmp_path, "s.go")
    assert found.external == "lib.sub.go"
    assert found.identity == resolve(tmp_path, "sub.go").identity
    assert not found.names


def test_modules_files_and_builtins(tmp_path: Path) -> None:
    write(tmp_path, main="import deep\n", deep="X = 1\n")
    assert resolve(tmp_path, "deep").wholes == ("deep",)
    assert resolve(tmp_path, ".").wholes == ("main",)
    assert resolve(tmp_path, "?data.txt").file == "data.txt"
    assert resolve(tmp_path, "len").names == ()


def test_a_circle_of_imports_ends(tmp_path: Path) -> None:
    write(tmp_path, main="from other import x\n", other="from main import x\n")
    assert resolve(tmp_path, "x").definitions == ()
