"""Which project functions executed, by ``sys.monitoring`` at almost no cost.

Each code object reports its first start and is then switched off for good (``DISABLE``): it runs at full speed from
there on. Bodies of classes are not reported, since they execute with their module. All observations of a process share
one tool identifier. Functions that were defined before the observation began are seen, and those of other threads.
"""

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

_monitoring = sys.monitoring
_OPTIMIZED = 1  # the flag of a function's code; bodies of modules and classes have none
# The identifiers without a meaning first, so that a debugger, coverage.py or a profiler that starts later finds its own
# one free unless all the others were taken.
_IDENTIFIERS = (
    3,
    4,
    _monitoring.OPTIMIZER_ID,
    _monitoring.PROFILER_ID,
    _monitoring.DEBUGGER_ID,
    _monitoring.COVERAGE_ID,
)

_active: "tuple[Calls, ...]" = ()
_identifier: int | None = None


class Calls:
    """The project functions and modules that begin to execute between ``start`` and ``stop``.

    ``on_own`` is given each piece of project code when it starts for the first time, bodies of classes included, and
    ``on_other`` the frames of other functions that do.
    """

    def __init__(
        self,
        is_project: Callable[[str], bool],
        on_own: Callable[[CodeType], None] = lambda code: None,
        on_other: Callable[[FrameType], None] = lambda frame: None,
    ) -> None:
        self.started: dict[tuple[str | None, str, int, str], None] = {}  # module, qualified name, line, file
        self.missing: str | None = None
        self.is_project = is_project
        self.files: dict[str, bool] = {}
        self.on_own = on_own
        self.on_other = on_other

    def start(self) -> None:
        global _active, _identifier
        if _active:
            _active = (*_active, self)
            _monitoring.restart_events()  # what the others switched off already must report once more
            return
        _identifier = take_identifier()
        if _identifier is None:
            self.missing = "functions: every tool identifier of sys.monitoring is taken"
            return
        _active = (self,)
        _monitoring.register_callback(_identifier, _monitoring.events.PY_START, _started)
        _monitoring.set_events(_identifier, _monitoring.events.PY_START)

    def stop(self) -> None:
        global _active, _identifier
        _active = tuple(other for other in _active if other is not self)
        if _active or _identifier is None:
            return
        _monitoring.set_events(_identifier, _monitoring.events.NO_EVENTS)
        _monitoring.register_callback(_identifier, _monitoring.events.PY_START, None)
        _monitoring.free_tool_id(_identifier)
        _monitoring.restart_events()  # whoever takes the identifier next must not inherit what was switched off
        _identifier = None


def take_identifier() -> int | None:
    """Take one of the tool identifiers of ``sys.monitoring``; None if there is none left."""
    for identifier in _IDENTIFIERS:
        if _monitoring.get_tool(identifier) is None:
            _monitoring.use_tool_id(identifier, "pivot")
            return identifier
    return None


def module_name(variables: dict[str, Any]) -> str | None:
    """The name by which the module of these globals can be imported, as far as they tell."""
    name = variables.get("__name__")
    if name == "__main__":  # python -m keeps the real one
        name = getattr(variables.get("__spec__"), "name", name)
    return name if isinstance(name, str) else None


def _started(code: CodeType, _offset: int) -> object:
    file, is_class = code.co_filename, not code.co_flags & _OPTIMIZED and code.co_name != "<module>"
    for calls in _active:
        known = calls.files.get(file)
        if known is None:
            known = calls.files[file] = calls.is_project(file)
        if known:
            calls.on_own(code)
        elif code.co_flags & _OPTIMIZED:
            calls.on_other(sys._getframe(1))
        if known and not is_class:
            name = module_name(sys._getframe(1).f_globals)
            calls.started[name, code.co_qualname, code.co_firstlineno, file] = None
    return _monitoring.DISABLE
