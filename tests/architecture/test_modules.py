"""A module fits in a head, says what it is for, and has a test file of its name."""

import ast
import re

import pytest

from workspace import PACKAGES, ROOT, parse, relative

WALL = 400  # lines
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

MODULES = [(package, module) for package in PACKAGES for module in package.modules]
TESTED = [(package, module) for package, module in MODULES if module.stem not in {"__init__", "__main__"}]


def by_path(value: object) -> str | None:
    return relative(value) if hasattr(value, "relative_to") else ""


@pytest.mark.parametrize(("package", "module"), MODULES, ids=by_path)
def test_a_module_fits_in_a_head(package, module) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= WALL


@pytest.mark.parametrize(("package", "module"), MODULES, ids=by_path)
def test_a_module_says_what_it_is_for(package, module) -> None:
    assert ast.get_docstring(parse(module))


@pytest.mark.parametrize(("package", "module"), MODULES, ids=by_path)
def test_a_name_says_something(package, module) -> None:
    assert not VAGUE & set(module.relative_to(package.source).with_suffix("").parts)


@pytest.mark.parametrize(("package", "module"), TESTED, ids=by_path)
def test_a_module_has_a_test_file_of_its_name(package, module) -> None:
    name = f"test_{module.stem.lstrip('_')}.py"
    assert list((package.directory / "tests").rglob(name)), f"no {name} in {relative(package.directory)}/tests"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_is_typed(package) -> None:
    assert (package.source / "py.typed").is_file()


def test_the_map_names_modules_that_exist() -> None:
    known = {".".join(module.relative_to(package.source.parent).with_suffix("").parts) for package, module in MODULES}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tour = page.partition("| to see how |")[2].partition("\n\n")[0]
    named = set()
    for inside, modules in re.findall(r"`(\w[\w.]*)`: ((?:`\w+`(?:, )?)+)", tour):
        named |= {f"{inside}.{module}" for module in re.findall(r"\w+", modules)}
    assert len(named) > 50
    assert named <= known | {"pivot.loaders"}
