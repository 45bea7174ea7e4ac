"""Executes a random project in this process, each time from its text alone: the judge of what its stages give."""

import sys
from collections.abc import Mapping
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType


def outputs(texts: Mapping[str, str], stages: list[str]) -> dict[str, str]:
    """Return what each stage gives back for 3, or that it raises an error; every stage is executed in new modules.

    Returns nothing if a module cannot be imported: such a project is broken, whatever its stages depend on.
    """
    found = {stage: _output(texts, stage) for stage in stages}
    return {} if None in found.values() else found


def _output(texts: Mapping[str, str], stage: str) -> str | None:
    finder = _Texts(texts)
    before = set(sys.modules)
    sys.meta_path.insert(0, finder)
    try:
        __import__("stages")
        return repr(getattr(sys.modules["stages"], stage)(3))
    except Exception:
        return None if finder.failed else "an error"
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if finder.knows(name):
                del sys.modules[name]


class _Texts(MetaPathFinder, Loader):
    """Imports modules from their texts, by path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.failed = False  # to import a module
        self._texts = texts
        self._packages = {path.rpartition("/")[0] for path in texts if "/" in path}
        self._packages |= {one.rpartition("/")[0] for one in self._packages} - {""}

    def knows(self, name: str) -> bool:
        path = name.replace(".", "/")
        return f"{path}.py" in self._texts or path in self._packages

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not self.knows(name):
            return None
        return spec_from_loader(name, self, is_package=name.replace(".", "/") in self._packages)

    def exec_module(self, module: ModuleType) -> None:
        path = module.__name__.replace(".", "/")
        text = self._texts.get(f"{path}.py", self._texts.get(f"{path}/__init__.py", ""))
        try:
            exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)
        except Exception:
            self.failed = True
            raise
