"""What the tests of this package share: a project whose modules are imported and observed, and a graph of some."""

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources

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


class Look(Graph):
    """The graph of modules that are only read, and where their definitions are in it."""

    def __init__(self, root: Path) -> None:
        resolver = Resolver(Sources(Finder([str(root)], []), PlainMemo()))
        super().__init__(resolver, Examiner(resolver), str(root))

    def number(self, module: str, name: str) -> int:
        """Return the first definition that has a name or binds it."""
        found = self.sources.module(module)
        assert isinstance(found, Source)
        definitions = enumerate(found.facts.definitions, found.first)
        return next(number for number, one in definitions if name == one.name or name in one.binds)

    def names(self, numbers: list[int]) -> set[str]:
        return {self.sources.definitions[one].name for one in numbers}


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Look]:
    """What writes modules, given by name, and looks at them."""

    def write(**modules: str) -> Look:
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        return Look(tmp_path)

    return write


@pytest.fixture
def calls() -> dict[str, str]:
    """Two modules: functions that call one another, and one that is alone."""
    main = """\
        import random
        from other import deep, LIMIT


        def run():
            return deep(LIMIT)


        def alone():
            return random.random()


        def again():
            return run() if LIMIT else again()
        """
    other = """\
        LIMIT = 3
        UNUSED = 4
        EVERY = []


        def deep(x):
            return even(x)


        def even(x):
            return deep(x - 1)


        def every():
            return EVERY
        """
    return {"main": textwrap.dedent(main), "other": textwrap.dedent(other)}
