"""The root of the repository holds what docs/architecture.md says, and nothing else."""

import os
import re
import subprocess
import tomllib

import pytest

from workspace import PACKAGES, ROOT, relative

ENTRIES = {
    "pyproject.toml",
    "packages",
    "tests",
    "docs",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "dev",
    ".ci",
    ".gitignore",
}
PACKAGE_ENTRIES = {"pyproject.toml", "README.md", "CHANGELOG.md", "src", "tests"}


def versioned_files() -> list[str]:
    """What git has or would take; without git (an unpacked archive) all files but those of ./dev."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if (ROOT / ".git").exists():
        listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
        return [name for name in listed if name and os.path.lexists(ROOT / name)]
    return [
        relative(path)
        for path in ROOT.rglob("*")
        if path.is_file() and ".dev" not in path.parts and "__pycache__" not in path.parts
    ]


def test_the_root_holds_exactly_its_entries() -> None:
    assert {name.split("/")[0] for name in versioned_files()} == ENTRIES


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_holds_exactly_its_entries(package) -> None:
    prefix = f"packages/{package.name}/"
    inside = {name.removeprefix(prefix).split("/")[0] for name in versioned_files() if name.startswith(prefix)}
    assert inside == PACKAGE_ENTRIES


def test_there_are_five_packages() -> None:
    names = ["pivot-cache", "pivot-cli", "pivot-core", "pivot-fingerprint", "pivot-remote"]
    assert [package.name for package in PACKAGES] == names


def test_every_package_is_tested_alone() -> None:
    environments = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["envs"]
    [matrix] = environments["alone"]["matrix"]
    assert set(matrix["package"]) == {package.name for package in PACKAGES}


def test_dev_names_every_script() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["envs"]["default"]["scripts"]
    usage = (ROOT / "dev").read_text().partition("<<'END'")[2].partition("\nEND\n")[0]
    assert set(scripts) <= set(re.findall(r"\w+", usage))
