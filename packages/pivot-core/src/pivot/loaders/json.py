"""JSON: dicts, lists, strings, numbers; numpy and pandas values are written as what they hold."""

import json
from pathlib import Path
from typing import Any

from pivot.loaders.protocols import Loader


class JSON(Loader[Any, Any]):
    """Any JSON value, UTF-8, with a newline at the end.

    ``indent`` None writes one line. ``nan`` and infinities are written as Python's json module writes and reads them.
    """

    def __init__(self, *, indent: int | None = 2, sort_keys: bool = False) -> None:
        self.indent = indent
        self.sort_keys = sort_keys

    def load(self, path: Path) -> Any:
        """Return the value. Raises ValueError if the file is not JSON."""
        return json.loads(path.read_bytes())

    def save(self, value: Any, path: Path) -> None:
        """Write the value. Raises TypeError if JSON cannot hold it."""
        text = json.dumps(value, indent=self.indent, sort_keys=self.sort_keys, ensure_ascii=False, default=plain)
        path.write_bytes(f"{text}\n".encode())


def plain(value: Any) -> Any:
    """Return what a numpy or pandas scalar or array holds, as Python's own values.

    Raises TypeError for anything else that JSON cannot hold.
    """
    listed = getattr(value, "tolist", None)
    if callable(listed):
        return listed()
    raise TypeError(f"JSON cannot hold a value of type {type(value).__qualname__}")
