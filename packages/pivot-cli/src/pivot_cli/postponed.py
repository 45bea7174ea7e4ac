"""Modules that others import at once and seldom use: theirs to import, and loaded when something is asked of them.

``importlib.util.LazyLoader`` is the standard library's way, but with it the second ``import`` of a module loads it.
"""

import sys
from _thread import RLock  # threading takes a millisecond
from importlib import import_module
from types import ModuleType
from typing import Any


class Postponed(ModuleType):
    """Stands for a module until something is asked of it, and then answers with what the module has."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._lock = RLock()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            module = import_module(self.__name__)
        answer = getattr(module, name)
        setattr(self, name, answer)
        return answer


def postpone(name: str) -> None:
    """Let a module be loaded when something is asked of it, unless it is loaded already."""
    sys.modules.setdefault(name, Postponed(name))
