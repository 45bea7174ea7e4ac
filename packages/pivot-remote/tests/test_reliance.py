from collections.abc import Iterable

import pytest

from pivot_cache import Content, MemoryStore, ObjectId, hash_bytes, read_tree
from pivot_remote import PermissionMissing
from pivot_remote.reliance import OLD, rely

FILE = Content("file", hash_bytes(b"x"), 1)
PROGRAM = FILE._replace(kind="executable")


def listings(store: MemoryStore) -> list[list[Content]]:
    return [[Content(*entry[1:]) for entry in read_tree(data)] for data in store.objects.values()]


@pytest.mark.parametrize("contents", [[], [FILE], [FILE, FILE, PROGRAM]])
def test_a_listing_names_each_once(contents: Iterable[Content]) -> None:
    store = MemoryStore()
    rely(contents, store)
    assert [set(one) for one in listings(store)] == ([set(contents)] if contents else [])
    assert all(len(one) == len(set(one)) for one in listings(store))


def test_there_is_one_a_week() -> None:
    store = MemoryStore()
    for seconds in (0, 1, OLD - 1, OLD, OLD + 1):
        rely([FILE], store, lambda seconds=seconds: 1000 * OLD + seconds)
    assert len(store.objects) == 2


def test_who_may_not_write_is_not_stopped() -> None:
    class Closed(MemoryStore):
        def add_bytes(self, data: bytes) -> ObjectId:
            raise PermissionMissing("s3://bucket", "s3:PutObject")

    rely([FILE], Closed())
