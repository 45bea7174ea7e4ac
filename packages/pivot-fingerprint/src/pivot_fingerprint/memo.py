"""What a caller lends to an analysis: the digests of files, and a place to keep results by content.

Pivot lends its state database. Without one, ``PlainMemo`` reads every file and forgets everything at the end.
"""

from typing import Protocol

import blake3


class Memo(Protocol):
    """A store of bytes, and the digests of files as they are now."""

    def digest(self, path: str) -> str | None:
        """Return the BLAKE3 digest of a file's content as 64 hex digits, None if there is no such file."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None if it is not there any more."""

    def put(self, key: str, value: bytes) -> None:
        """Keep bytes under a key, for as long as it suits."""


class PlainMemo:
    """Keeps everything in this process; each file's digest is taken once."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._digests: dict[str, str | None] = {}

    def digest(self, path: str) -> str | None:
        """Return the digest of a file as it was when first asked for."""
        if path not in self._digests:
            try:
                with open(path, "rb") as file:
                    self._digests[path] = blake3.blake3(file.read()).hexdigest()
            except OSError:
                self._digests[path] = None
        return self._digests[path]

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key."""
        return self._kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep bytes under a key."""
        self._kept[key] = value
