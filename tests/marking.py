"""Marks that tests get by where they stand, for the ``conftest.py`` of packages; see the markers in pyproject.toml."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pytest


def mark_processes(items: Iterable[pytest.Item], here: Path, places: Collection[str]) -> None:
    """Mark the tests in these files and directories directly below ``here``: nearly each of them starts processes."""
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in places:
            item.add_marker(pytest.mark.processes)
