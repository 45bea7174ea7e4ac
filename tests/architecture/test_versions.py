"""Five packages, five versions: each is told in one place, and siblings ask for ranges that hold today."""

import re

import pytest
from packaging.version import Version

from workspace import PACKAGES

VERSIONS = {package.name: package.version for package in PACKAGES}

pytestmark = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


def test_the_version_is_read_from_the_source(package) -> None:
    assert "version" not in package.declarations
    assert package.declarations["dynamic"] == ["version"]
    assert str(Version(package.version)) == package.version


def test_the_changelog_begins_with_the_version(package) -> None:
    headings = re.findall(r"^## (\S+)", (package.directory / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == package.version


def test_siblings_are_asked_for_by_ranges_that_hold(package) -> None:
    for need in package.requirements:
        if need.name in VERSIONS:
            assert need.specifier.contains(VERSIONS[need.name]), f"{need}, but it is {VERSIONS[need.name]}"
            assert {"<"} <= {part.operator for part in need.specifier} <= {">=", "<"}, f"{need} is no range"


def test_others_are_asked_for_by_a_lower_bound(package) -> None:
    for need in package.requirements:
        if need.name not in VERSIONS:
            assert [part.operator for part in need.specifier] == [">="], f"{need}: a cap needs a reason, here"


def test_the_python_is_the_same_for_all(package) -> None:
    assert package.declarations["requires-python"] == ">=3.13"
