"""Bytes as they are."""

from pathlib import Path

from pivot.loaders.protocols import Loader


class Bytes(Loader[bytes, bytes]):
    """The content of a file."""

    def load(self, path: Path) -> bytes:
        """Return the content."""
        return path.read_bytes()

    def save(self, value: bytes, path: Path) -> None:
        """Write the content."""
        path.write_bytes(value)
