"""What a remote can do beyond any other store: say in bulk what it has, and be closed.

``transfer`` looks trees up in whichever of its two stores is not one of these, because each question to a remote costs
a round trip. The implementations are in ``directory`` and ``s3``.
"""

from collections.abc import Callable, Iterable
from typing import BinaryIO, Final, NamedTuple, Protocol, runtime_checkable

from pivot_cache import ObjectId, Store
from pivot_remote.files import RemoteFiles

READ_LIMIT: Final = 1 << 30
"""The most bytes that ``read`` takes into memory; a tree of ten million entries is below it."""


class There(NamedTuple):
    """Objects that are at a remote: their sizes in bytes, and which of them are ``old``, as far as it tells."""

    sizes: dict[ObjectId, int]
    old: set[ObjectId]


@runtime_checkable
class RemoteStore(Store, Protocol):
    """A ``Store`` that is far away. Reading never changes it, whatever it turns out to hold."""

    @property
    def address(self) -> str:
        """Where it is, on one line, for messages."""

    @property
    def files(self) -> RemoteFiles:
        """What it keeps besides objects."""

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        """Return those objects that are there, with their sizes in bytes, in as few questions as possible.

        Asked afresh at each call: what was there a moment ago may be gone.
        """

    def look(self) -> None:
        """Raise what is wrong with all that is there, as far as one question tells."""

    def find(self, ids: Iterable[ObjectId], before: float) -> There:
        """Return the same, and which of them were written before a time, in seconds since the epoch."""

    def close(self) -> None:
        """Let go of connections and temporaries. The store can be used again."""


@runtime_checkable
class Resuming(Protocol):
    """A store that can go on with an object that did not arrive whole."""

    def add_from(self, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> None:
        """Keep an object of this size, as ``Store.add`` does; its stream is opened where the last try ended."""
