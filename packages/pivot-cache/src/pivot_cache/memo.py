"""Digests of files that were hashed before, believed while the file's stamp is the same: the stat memo.

Only facts that stay true are kept: a file of this stamp has this digest. So a file that is not clearly older than the
look is never noted (``stamp``), and processes cannot put each other's memory wrong. Used by scans, for paths, and by
the local store, for objects.
"""

from typing import Final

from pivot_cache.content import ObjectId
from pivot_cache.stamp import STAMP_SIZE
from pivot_cache.state import State, unseal

SINGLY: Final = 8
"""So many questions are asked one by one (10 µs each); then the whole space is read (1 µs a row)."""


class Memo:
    """``key, stamp -> digest`` in one space of a state; without a state, for as long as the object lives.

    ``singly`` is the number of questions after which the whole space is read.
    """

    def __init__(self, state: State | None, space: str, *, singly: int = SINGLY) -> None:
        self._state = state
        self._space = space
        self._singly = singly
        self._asked = 0
        self._loaded: dict[bytes, bytes] | None = None
        self._noted: dict[bytes, bytes] = {}

    def find(self, key: bytes, stamp: bytes) -> ObjectId | None:
        """Return the digest noted for this key, if the stamp is still the one that it was noted with."""
        fact = self._noted.get(key)
        if fact is None:
            fact = self._read(key)
        if fact is None or len(fact) != STAMP_SIZE + 32 or not fact.startswith(stamp):
            return None
        return ObjectId(fact[STAMP_SIZE:].hex())

    def knows(self, key: bytes) -> bool:
        """Say whether a digest was noted for this key, with whatever stamp."""
        return key in self._noted or bool(self._read(key))

    def note(self, key: bytes, stamp: bytes, digest: ObjectId) -> None:
        """Remember the digest. The caller has made sure that the file was settled when it was hashed."""
        fact = stamp + bytes.fromhex(digest)
        self._noted[key] = fact
        if self._state is not None:
            self._state.put(self._space, key, fact)

    def _read(self, key: bytes) -> bytes | None:
        if self._state is None:
            return None
        if self._loaded is None:
            if self._asked < self._singly:
                self._asked += 1
                return self._state.get(self._space, key)
            self._loaded = self._state.get_all(self._space)
        sealed = self._loaded.get(key)
        return None if sealed is None else unseal(self._space, key, sealed)
