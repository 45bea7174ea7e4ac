"""Finding modules by Python's rules, without importing them."""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from pivot_fingerprint.modules import INSTALLED, PROJECT, STANDARD, Finder, absolute


def write(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_modules_and_packages(tmp_path: Path) -> None:
    write(tmp_path / "work.py", tmp_path / "tools" / "__init__.py", tmp_path / "tools" / "text.py")
    finder = Finder([str(tmp_path)], [])
    found = {name: finder.find(name) for name in ("work", "tools", "tools.text", "tools.none", "work.none", "none")}
    assert {name: one.kind for name, one in found.items()} == {
        "work": "source",
        "tools": "package",
        "tools.text": "source",
        "tools.none": "missing",
        "work.none": "missing",
        "none": "missing",
    }
    assert found["tools.text"].file == str(tmp_path / "tools" / "text.py")
    assert found["tools"].whose == PROJECT


def test_a_package_goes_before_a_module_of_its_name(tmp_path: Path) -> None:
    write(tmp_path / "work.py", tmp_path / "work" / "__init__.py")
    assert Finder([str(tmp_path)], []).find("work").file == str(tmp_path / "work" / "__init__.py")


def test_an_extension_goes_before_a_source(tmp_path: Path) -> None:
    write(tmp_path / "fast.py", tmp_path / f"fast{EXTENSION_SUFFIXES[0]}")
    assert Finder([str(tmp_path)], []).find("fast").kind == "binary"


def test_roots_shadow_the_path_and_each_other(tmp_path: Path) -> None:
    first, second, last = tmp_path / "first", tmp_path / "second", tmp_path / "last"
    write(first / "a.py", second / "a.py", second / "b.py", last / "b.py", last / "c.py")
    finder = Finder([str(first), str(second)], [str(last)])
    assert [finder.find(name).file for name in "abc"] == [
        str(first / "a.py"),
        str(second / "b.py"),
        str(last / "c.py"),
    ]


def test_a_namespace_package_has_the_submodules_of_all_portions(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one / "space" / "a.py", two / "space" / "b.py", one / "real" / "a.py", two / "real" / "__init__.py")
    finder = Finder([str(one), str(two)], [])
    assert finder.find("space").kind == "namespace"
    assert [finder.find(f"space.{name}").file for name in "ab"] == [
        str(one / "space" / "a.py"),
        str(two / "space" / "b.py"),
    ]
    assert finder.find("real").file == str(two / "real" / "__init__.py")  # a regular package goes before any portion
    assert finder.find("real.a").kind == "missing"


def test_whose_code_it_is(tmp_path: Path) -> None:
    site, plain = tmp_path / "site-packages", tmp_path / "plain"
    write(site / "lib.py", plain / "own.py")
    finder = Finder([str(tmp_path)], [str(site), str(plain)])
    assert finder.find("lib").whose == INSTALLED
    assert finder.find("own").whose == PROJECT
    assert Finder([str(tmp_path)]).find("json.decoder").whose == STANDARD
    assert finder.find("sys").kind == "builtin"


def test_an_editable_install_is_found_where_its_table_says(tmp_path: Path) -> None:
    site, source = tmp_path / "site-packages", tmp_path / "elsewhere" / "lib"
    write(site / "none.py", source / "__init__.py")
    (site / "__editable___lib_1_0_finder.py").write_text(f"MAPPING: dict[str, str] = {{'lib': '{source}'}}\n")
    found = Finder([str(tmp_path)], [str(site)]).find("lib")
    assert (found.file, found.whose) == (str(source / "__init__.py"), PROJECT)


def test_answers_are_those_of_one_look_until_the_path_grows(tmp_path: Path) -> None:
    root, more = tmp_path / "root", tmp_path / "more"
    write(root / "a.py", more / "a.py", more / "b.py")
    finder = Finder([str(root)], [])
    assert finder.find("b").kind == "missing"
    assert finder.add(str(more), first=False)
    assert not finder.add(str(more), first=True)
    assert finder.find("a").file == str(root / "a.py")
    assert finder.find("b").file == str(more / "b.py")
    assert finder.added == [(False, str(more))]


@pytest.mark.parametrize(
    ("name", "package", "level", "expected"),
    [
        ("a", "p.q", 0, "a"),
        ("a", "p.q", 1, "p.q.a"),
        ("a", "p.q", 2, "p.a"),
        ("", "p.q", 2, "p"),
        ("a", "p.q", 3, None),
        ("a", "", 1, None),
    ],
)
def test_relative_imports(name: str, package: str, level: int, expected: str | None) -> None:
    assert absolute(name, package, level) == expected
