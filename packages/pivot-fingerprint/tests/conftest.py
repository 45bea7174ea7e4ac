"""What the tests of this package share: a project whose modules are imported and observed."""

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed

_numbers = itertools.count()


class Project:
    """A directory on the import path whose modules have names that no other test uses."""

    def __init__(self, root: Path, tests: str) -> None:
        self.root = root
        self.suffix = f"_{next(_numbers)}"
        # the functions of the test are project code too: they are neither standard library nor installed
        self._tests = {tests, __name__}

    def name(self, module: str) -> str:
        return module + self.suffix

    def write(self, path: str, text: str) -> Path:
        """Write a file; in text and path, ``name!`` becomes the unique name of a module."""
        file = self.root / path.replace("!", self.suffix)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).replace("!", self.suffix))
        importlib.invalidate_caches()
        return file

    def load(self, module: str) -> ModuleType:
        return importlib.import_module(self.name(module))

    def observe(self, action: Callable[[], object], **options: Any) -> Observed:
        with observe([str(self.root)], **options) as observation:
            action()
        observed = observation.observed
        assert observed.missing == ()
        return observed._replace(
            functions=tuple(entry for entry in observed.functions if entry.module not in self._tests),
            sources=tuple(source for source in observed.sources if source[0] not in self._tests),
        )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Project]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, request.module.__name__)
    yield made
    for name in [name for name in sys.modules if made.suffix in name]:
        del sys.modules[name]
