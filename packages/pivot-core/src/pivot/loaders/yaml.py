"""YAML: plain values only, never objects that run code when they are loaded."""

from pathlib import Path
from typing import Any

from pivot.loaders.library import library
from pivot.loaders.protocols import Loader


class YAML(Loader[Any, Any]):
    """Any value of the safe YAML types, UTF-8."""

    libraries = ("yaml",)  # their versions count

    def __init__(self, *, sort_keys: bool = False) -> None:
        self.sort_keys = sort_keys

    def load(self, path: Path) -> Any:
        """Return the value. Raises yaml.YAMLError, with line and column in one line, if the file is not YAML."""
        yaml = library("yaml", loader="YAML", install="pyyaml")
        with path.open("rb") as file:
            try:
                return yaml.safe_load(file)
            except yaml.MarkedYAMLError as error:
                mark = error.problem_mark
                problem = f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
                raise yaml.YAMLError(problem) from error

    def save(self, value: Any, path: Path) -> None:
        """Write the value in block style. Raises yaml.YAMLError if the safe types cannot hold it."""
        yaml = library("yaml", loader="YAML", install="pyyaml")
        text = yaml.safe_dump(value, sort_keys=self.sort_keys, allow_unicode=True)
        if not _BREAKS.isdisjoint(text):  # PyYAML loses them where it writes them unescaped
            text = yaml.safe_dump(value, sort_keys=self.sort_keys)
        path.write_bytes(text.encode())


_BREAKS = frozenset("\x85\u2028\u2029")
