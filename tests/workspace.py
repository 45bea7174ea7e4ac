"""The packages as they lie in this repository: what the tests of the architecture ask about.

It reads files only; nothing of Pivot is imported.
"""

import ast
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


class Package(NamedTuple):
    """One directory of packages/."""

    name: str  # of the distribution: pivot-core
    directory: Path
    source: Path  # src/pivot

    @property
    def import_name(self) -> str:
        return self.source.name

    @property
    def modules(self) -> list[Path]:
        return sorted(self.source.rglob("*.py"))

    @property
    def declarations(self) -> dict[str, object]:
        """The [project] table of its pyproject.toml."""
        with (self.directory / "pyproject.toml").open("rb") as file:
            project: dict[str, object] = tomllib.load(file)["project"]
        return project

    @property
    def requirements(self) -> list[Requirement]:
        declared = self.declarations["dependencies"]
        assert isinstance(declared, list)
        return [Requirement(text) for text in declared]

    @property
    def version(self) -> str:
        found = re.search(r'^__version__ = "(.+)"$', (self.source / "__init__.py").read_text(), re.MULTILINE)
        assert found, f"{self.source}/__init__.py has no __version__"
        return found[1]

    @property
    def readme(self) -> str:
        return (self.directory / "README.md").read_text(encoding="utf-8")

    def section(self, word: str) -> str:
        """What the README says below the heading that contains a word, its subsections included; code left out."""
        prose = re.sub(r"^```.*?^```$", "", self.readme, flags=re.MULTILINE | re.DOTALL)
        for heading, body in re.findall(r"^## (.*)\n((?:(?!## ).*(?:\n|\Z))*)", prose, re.MULTILINE):
            if word.lower() in heading.lower():
                return str(body)
        raise AssertionError(f"packages/{self.name}/README.md has no section about {word!r}")


def read_packages() -> list[Package]:
    directories = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
    return [
        Package(directory.name, directory, init.parent)
        for directory in directories
        for init in directory.glob("src/*/__init__.py")
    ]


PACKAGES = read_packages()
IMPORT_NAMES = frozenset(package.import_name for package in PACKAGES)


def relative(path: Path) -> str:
    """A path as a reader of the repository writes it."""
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
