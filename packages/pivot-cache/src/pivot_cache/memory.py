"""A store in memory: the double for tests of whatever moves objects."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import BinaryIO

from pivot_cache.content import ObjectId, object_id
from pivot_cache.errors import ObjectCorrupt, ObjectMissing
from pivot_cache.hashing import PIECE, hash_bytes


class MemoryStore:
    """A ``Store`` whose objects are a dictionary, open to tests that want to damage one."""

    def __init__(self) -> None:
        self.objects: dict[ObjectId, bytes] = {}

    def has(self, oid: ObjectId) -> bool:
        return object_id(oid) in self.objects

    def missing(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        return {oid for oid in ids if not self.has(oid)}

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        return {oid: self.size(oid) for oid in ids if self.has(oid)}

    def size(self, oid: ObjectId) -> int:
        return len(self._get(oid))

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        return BytesIO(self._get(oid)[start:])

    def read(self, oid: ObjectId) -> bytes:
        data = self._get(oid)
        if hash_bytes(data) != oid:
            raise ObjectCorrupt(oid, "memory")
        return data

    def add_bytes(self, data: bytes) -> ObjectId:
        oid = hash_bytes(data)
        self.objects[oid] = bytes(data)
        return oid

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        object_id(oid)
        data = b"".join(iter(lambda: stream.read(PIECE), b""))
        if hash_bytes(data) != oid:
            raise ObjectCorrupt(oid, "the stream")
        self.objects[oid] = data

    def ids(self) -> Iterator[ObjectId]:
        yield from list(self.objects)

    def _get(self, oid: ObjectId) -> bytes:
        try:
            return self.objects[object_id(oid)]
        except KeyError:
            raise ObjectMissing(oid, "memory") from None
