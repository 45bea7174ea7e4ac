"""JSON lines: one JSON value on each line, for records without end."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pivot.loaders.json import plain
from pivot.loaders.protocols import Loader


class JSONLines(Loader[Iterable[Any], list[Any]]):
    """A list of JSON values, UTF-8, one a line; empty lines are passed over. Saves any iterable, value by value."""

    def load(self, path: Path) -> list[Any]:
        """Return the values. Raises ValueError that names the first line that is not JSON."""
        with path.open("rb") as file:
            return [_value(line, number) for number, line in enumerate(file, 1) if not line.isspace()]

    def save(self, value: Iterable[Any], path: Path) -> None:
        """Write each value on a line of its own. Raises TypeError if JSON cannot hold one."""
        with path.open("wb") as file:
            for item in value:
                file.write(f"{json.dumps(item, ensure_ascii=False, default=plain)}\n".encode())


def _value(line: bytes, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number} is not JSON: {error}") from error
