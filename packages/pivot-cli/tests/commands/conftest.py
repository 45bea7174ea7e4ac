"""What the tests of the commands share: a project that can run."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def example(pivot: Callable[..., Any]) -> Callable[..., Any]:
    """Run the command in a directory with the example in it, which was not run yet."""
    assert pivot("init", "--example").code == 0
    return pivot
