"""What a package offers is a short list, and its README tells it.

The section "Public API" of a README names each public name in code quotes at the start of a list item or of a table
row, up to the first colon or dash (several names: separated by commas); the section "Dependencies" names each
requirement in code quotes, and says why it is there.
"""

import importlib
import re

import pytest

from workspace import PACKAGES

pytestmark = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


def named_in(section: str) -> set[str]:
    """The names that the items of a section begin with."""
    items = re.findall(r"^(?:[-*] |\| *)(`.*)", section, re.MULTILINE)
    heads = [re.split(r": | \| | [-–—] |:$", item)[0] for item in items]
    return {name for head in heads for name in re.findall(r"`(?:\w+\.)*(\w+)[^`]*`", head)}


def test_the_readme_lists_the_public_names(package) -> None:
    offered = set(importlib.import_module(package.import_name).__all__)
    assert named_in(package.section("API")) == offered


def test_every_public_name_is_there(package) -> None:
    module = importlib.import_module(package.import_name)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def test_the_readme_says_why_there_is_each_dependency(package) -> None:
    explained = package.section("dependencies").lower()
    assert [need.name for need in package.requirements if f"`{need.name.lower()}`" not in explained] == []


def test_the_package_has_a_glossary(package) -> None:
    assert len(importlib.import_module(package.import_name).__doc__.splitlines()) > 2
