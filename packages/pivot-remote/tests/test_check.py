from io import BytesIO
from typing import BinaryIO

import pytest

from pivot_cache import MemoryStore, ObjectId, hash_bytes
from pivot_remote import PermissionMissing, ServerFailed, check


class Faulty(MemoryStore):
    """Gives what the test says instead of an object."""

    def __init__(self) -> None:
        super().__init__()
        self.instead: dict[ObjectId, bytes | Exception] = {}

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        match self.instead.get(oid):
            case bytes(data):
                return BytesIO(data)
            case Exception() as error:
                raise error
        return super().open(oid, start)


def test_each_object_is_compared_with_its_name() -> None:
    store = Faulty()
    good, bad, lost = (store.add_bytes(data) for data in (b"good", b"bad!", b"lost"))
    store.instead = {bad: b"bad?", lost: ServerFailed("s3://b", "s3:GetObject", "HTTP 500")}
    found = check([good, bad, lost, hash_bytes(b"gone")], store)
    assert (found.objects, found.bytes, found.corrupt) == (2, 8, (bad,))
    assert [one.id for one in found.failed] == [lost]


def test_what_would_be_wrong_with_all_is_raised() -> None:
    store = Faulty()
    oid = store.add_bytes(b"x")
    store.instead = {oid: PermissionMissing("s3://b", "s3:GetObject")}
    with pytest.raises(PermissionMissing):
        check([oid], store)
