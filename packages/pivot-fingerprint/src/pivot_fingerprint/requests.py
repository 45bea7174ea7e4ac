"""Which modules project code imports, or looks for, by names that its source does not spell out.

Calls of ``importlib.import_module`` and ``importlib.util.find_spec`` are seen by ``sys.monitoring``: also for modules
that are loaded already, and also when something else calls it on behalf of the project (entry points,
``pkgutil.resolve_name``). ``__import__`` leaves an audit event when it loads something, and pickle leaves one for each
class that it looks up, see ``auditing``. What libraries import for themselves is not recorded.
"""

import importlib.util
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TypeGuard

from pivot_fingerprint.askers import acts_for_project
from pivot_fingerprint.calls import take_identifier

type Note = Callable[[str, FrameType, bool], None]

_monitoring = sys.monitoring
_NOT_INSTALLED = sys.stdlib_module_names | {""}
_IMPORT_MODULE = importlib.import_module.__code__
_IMPORTERS = (_IMPORT_MODULE, importlib.util.find_spec.__code__)
_active: "tuple[Requests, ...]" = ()
_identifier: int | None = None


class Requests:
    """The modules that project code asks for between ``start`` and ``stop``.

    ``note`` is told the name, who asks, and whether it was computed: it does not stand where it is asked for.
    """

    def __init__(self, is_project: Callable[[str], bool], note: Note) -> None:
        self.missing: str | None = None
        self.named: dict[tuple[str, str], None] = {}  # by pickles: module, qualified name
        self._is_project = is_project
        self._note = note

    def start(self) -> None:
        global _active, _identifier
        if not _active:
            _identifier = take_identifier()
            if _identifier is None:
                self.missing = "imports by computed names: every tool identifier of sys.monitoring is taken"
                return
            _monitoring.register_callback(_identifier, _monitoring.events.PY_START, _called)
            for code in _IMPORTERS:
                _monitoring.set_local_events(_identifier, code, _monitoring.events.PY_START)
        _active = (*_active, self)

    def stop(self) -> None:
        global _active, _identifier
        _active = tuple(other for other in _active if other is not self)
        if _active or _identifier is None:
            return
        for code in _IMPORTERS:
            _monitoring.set_local_events(_identifier, code, _monitoring.events.NO_EVENTS)
        _monitoring.register_callback(_identifier, _monitoring.events.PY_START, None)
        _monitoring.free_tool_id(_identifier)
        _identifier = None

    def asked(self, name: object, frame: FrameType, *, computed: bool = False) -> None:
        """Take in a request for a module by its absolute name, and the frame that makes it."""
        if _may_be_installed(name) and acts_for_project(frame, self._is_project):
            self._note(name, frame, computed)

    def unpickled(self, module: object, name: object, frame: FrameType) -> None:
        """Take in what a pickle names in a module, whoever reads it: its objects are the project's."""
        if _may_be_installed(module):
            self._note(module, frame, False)
            self.named[module, str(name)] = None


def _may_be_installed(name: object) -> TypeGuard[str]:
    """Whether a name may lead to a distribution: it is absolute, and Python does not bring such a module with it."""
    return isinstance(name, str) and name.partition(".")[0] not in _NOT_INSTALLED


def _called(code: CodeType, _offset: int) -> object:
    frame = sys._getframe(1)
    for requests in _active:
        try:
            given, package = frame.f_locals["name"], frame.f_locals["package"]
            name = importlib.util.resolve_name(given, package) if isinstance(package, str) else given
            asker = frame.f_back
            computed = asker is not None and given not in asker.f_code.co_consts
            if computed or code is _IMPORT_MODULE:  # what is only looked for by a literal, its source tells
                requests.asked(name, frame, computed=computed)
        except Exception as error:  # an exception here would make the user's own import fail
            requests.missing = f"imports by computed names: {error!r}"
    return None
