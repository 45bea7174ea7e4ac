"""Fixtures for all tests that go through the installed command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from buckets import Buckets, serve
from workbench import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project directory and the `pivot` command to run in it."""
    return Project(tmp_path / "project", home=tmp_path / "home")


@pytest.fixture
def signals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for files by which tests and stages wait for one another: not beside the project, where they would
    count as what stages read."""
    return tmp_path_factory.mktemp("signals")


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    """A server that speaks S3."""
    with serve(tmp_path_factory.mktemp("moto")) as server:
        yield server
