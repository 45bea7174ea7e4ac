"""What every store of objects can do: the interface that the local cache, the remotes and the tests' double share.

A store gives bytes by their digest and nothing else; who needs which object, and what a tree means, is for its users.
The checks that every implementation has to pass are in ``conformance``.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol

from pivot_cache.content import ObjectId


class Store(Protocol):
    """Objects by name. A name that is not 64 lower hex digits raises ``InvalidName`` everywhere."""

    def has(self, oid: ObjectId) -> bool:
        """Say whether the object is there. Its bytes are not looked at."""

    def missing(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        """Return those that are not there; cheaper than many questions where a store can answer in bulk."""

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        """Return those that are there, with their sizes in bytes; in bulk as well."""

    def size(self, oid: ObjectId) -> int:
        """Return the object's size in bytes; raise ``ObjectMissing``."""

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        """Return a stream of the object's bytes from one on, which is not behind its last.

        The reader compares them with the name; raise ``ObjectMissing``.
        """

    def read(self, oid: ObjectId) -> bytes:
        """Return all bytes, verified; raise ``ObjectMissing`` or ``ObjectCorrupt``."""

    def add_bytes(self, data: bytes) -> ObjectId:
        """Keep the bytes and return their name."""

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        """Keep what the stream gives under this name; or nothing and raise ``ObjectCorrupt`` if it is not that."""

    def ids(self) -> Iterator[ObjectId]:
        """Yield the names of all objects, in no order."""
