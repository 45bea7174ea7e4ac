"""The store in memory."""

import pytest

from pivot_cache import MemoryStore, ObjectCorrupt
from pivot_cache.conformance import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(check):
    check(MemoryStore())


def test_tests_may_damage_an_object():
    store = MemoryStore()
    oid = store.add_bytes(b"x")
    store.objects[oid] = b"y"
    with pytest.raises(ObjectCorrupt):
        store.read(oid)
