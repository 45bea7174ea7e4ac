"""Text as one string."""

from pathlib import Path

from pivot.loaders.protocols import Loader


class Text(Loader[str, str]):
    """A text file; line ends are kept as they are."""

    def __init__(self, *, encoding: str = "utf-8") -> None:
        self.encoding = encoding

    def load(self, path: Path) -> str:
        """Return the text. Raises UnicodeDecodeError if the file has another encoding."""
        return path.read_text(self.encoding, newline="")

    def save(self, value: str, path: Path) -> None:
        """Write the text."""
        path.write_text(value, self.encoding, newline="")
