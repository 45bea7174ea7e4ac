"""Fixtures for all tests that go through the installed command."""

from pathlib import Path

import pytest

from workbench import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project directory and the `pivot` command to run in it."""
    return Project(tmp_path / "project", home=tmp_path / "home")
