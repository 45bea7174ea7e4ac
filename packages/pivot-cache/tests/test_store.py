"""The interface: what implements it, by type and by what it can do."""

import inspect

import pytest

from pivot_cache import LocalStore, MemoryStore, Store


@pytest.mark.parametrize("implementation", [LocalStore, MemoryStore])
def test_implementations_take_what_the_interface_says(implementation):
    for name, method in inspect.getmembers(Store, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(getattr(implementation, name)).parameters) == list(
                inspect.signature(method).parameters
            )
