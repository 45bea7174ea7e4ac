"""Which modules an import imports, and in which order they are executed."""

from pathlib import Path

from pivot_fingerprint.loading import importable, loads, moments
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Sources


def write(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / f"{name}.py").write_text(text)


def look(root: Path) -> Sources:
    return Sources(Finder([str(root)], []), PlainMemo())


def order(root: Path, *names: str) -> list[str]:
    modules = moments(look(root), frozenset(names)).modules
    return sorted(modules, key=lambda name: modules[name])


def test_imports_end_before_the_module_that_asked(tmp_path: Path) -> None:
    write(tmp_path, main="import b\nimport a\n", a="", b="import c\n", c="")
    assert order(tmp_path, "main") == ["c", "b", "a", "main"]
    assert order(tmp_path, "a", "b", "c", "main") == ["c", "b", "a", "main"]


def test_the_package_comes_first_and_submodules_count(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    write(tmp_path, main="from pack import tool, NAME\nfrom pack.tool import NAME as other\n")
    write(tmp_path / "pack", __init__="NAME = 1\n", tool="NAME = 2\n")
    assert order(tmp_path, "main") == ["pack", "pack.tool", "main"]
    assert set(loads(look(tmp_path), "main")) - {""} == {"pack", "pack.tool"}
    assert loads(look(tmp_path), "pack.tool") == ["pack"]


def test_a_circle_is_executed_once(tmp_path: Path) -> None:
    write(tmp_path, a="import b\n", b="import a\n")
    assert order(tmp_path, "a", "b") == ["b", "a"]


def test_statements_run_between_imports(tmp_path: Path) -> None:
    write(tmp_path, main="X = 1\nimport a\nY = 2\n", a="Z = 3\n")
    found = moments(look(tmp_path), frozenset({"main"}))
    first, last = found.definitions["main"][0], found.definitions["main"][-1]
    assert first < found.definitions["a"][0] < found.modules["a"] < last < found.modules["main"]


def test_what_functions_may_import_is_importable_but_not_executed(tmp_path: Path) -> None:
    write(tmp_path, main="def run():\n    import late\n    return late.X\n", late="import later\nX = 1\n", later="")
    assert order(tmp_path, "main") == ["main"]
    sources = look(tmp_path)
    found = importable(Resolver(sources), ["main"])
    assert [module.name for module in found] == ["late", "later", "main"]


def test_what_is_outside_is_not_loaded(tmp_path: Path) -> None:
    write(tmp_path, main="import json\nimport none\n")
    assert order(tmp_path, "main", "none") == ["main"]
