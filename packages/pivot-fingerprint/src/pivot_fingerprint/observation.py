"""An observation of this process: what project code does beyond what its source can tell.

It joins its three sources (``calls``, ``access``, ``environment``) and finds out which reads happened while a module
was being imported. ``observe`` makes one.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, TracebackType
from typing import Self

from pivot_fingerprint.access import Access, Kind, file_digest, listing_digest
from pivot_fingerprint.calls import Calls, module_name
from pivot_fingerprint.environment import DEFAULT_KEY, Variables
from pivot_fingerprint.importing import is_project, normal_roots
from pivot_fingerprint.parts import Entry, ImportRead, Observed


class Observation:
    """An observation of this process, all threads; ``observed`` is there after the ``with`` block. Use it once."""

    def __init__(self, roots: Sequence[str], *, functions: bool = True, key: bytes | None = None) -> None:
        self.observed = Observed()
        self._roots = normal_roots(roots)
        self._calls = Calls(self._is_project) if functions else None
        self._access = Access(self._roots, self._is_project, self._note_access)
        self._variables = Variables(self._is_project, DEFAULT_KEY if key is None else key, self._note_variable)
        self._imports: dict[tuple[str, str, str, int], ImportRead] = {}
        self._modules_before: frozenset[str] = frozenset()
        self._outer: list[FrameType] = []

    def __enter__(self) -> Self:
        self._modules_before = frozenset(sys.modules)
        self._outer = list(self._modules_under_way(sys._getframe(1)))
        self._variables.start()
        self._access.start()
        if self._calls is not None:
            self._calls.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._calls is not None:
            self._calls.stop()
        self._access.stop()
        self._variables.stop()
        self._outer = []
        self.observed = self._result()

    def _is_project(self, filename: str) -> bool:
        return is_project(filename, self._roots)

    def _modules_under_way(self, frame: FrameType | None) -> Iterator[FrameType]:
        """The frames of project modules whose top level is executing, the innermost first."""
        while frame is not None:
            if frame.f_code.co_name == "<module>" and self._is_project(frame.f_code.co_filename):
                yield frame
            frame = frame.f_back

    def _importing(self, frame: FrameType) -> FrameType | None:
        """The innermost project module that is being imported; one that runs the observation itself does not count."""
        for module in self._modules_under_way(frame):
            if not any(module is outer for outer in self._outer):
                return module
        return None

    def _note_access(self, kind: Kind, path: str, frame: FrameType) -> None:
        module = self._importing(frame)
        if module is not None:
            self._note(kind, path, file_digest if kind == "file" else listing_digest, module)

    def _note_variable(self, name: str, digest: str | None, frame: FrameType) -> None:
        module = self._importing(frame)
        if module is not None:
            self._note("env", name, lambda _: digest, module)

    def _note(self, kind: str, name: str, digest: Callable[[str], str | None], module: FrameType) -> None:
        where, line = module_name(module.f_globals) or "", module.f_lineno
        if (kind, name, where, line) not in self._imports:
            # a file is digested before it is read, so that an edit meanwhile cannot pass for what was read
            self._imports[kind, name, where, line] = ImportRead(kind, name, digest(name), where, line)

    def _result(self) -> Observed:
        sources = (self._calls, self._access, self._variables)
        files = self._module_files()
        functions: dict[Entry, None] = {}
        where: dict[tuple[str, str], None] = {}
        modules = dict.fromkeys(self._imported())
        for name, qualname, line, file in () if self._calls is None else self._calls.started:
            module = name or files.get(file) or os.path.splitext(os.path.basename(file))[0]
            if qualname == "<module>":
                modules[module, file] = None
            else:
                functions[Entry(module, qualname, line)] = None
                where[module, file] = None
        return Observed(
            functions=tuple(sorted(functions)),
            modules=tuple(sorted(modules)),
            reads=tuple(sorted(self._access.reads)),
            listings=tuple(sorted(self._access.listings)),
            env=tuple(sorted(self._variables.digests.items())),
            imports=tuple(self._imports.values()),
            sources=tuple(sorted(where)),
            missing=tuple(source.missing for source in sources if source is not None and source.missing is not None),
        )

    def _imported(self) -> Iterator[tuple[str, str]]:
        for name, module in list(sys.modules.items()):
            file = _file_of(module)
            if name not in self._modules_before and file is not None and self._is_project(file):
                yield name, file

    def _module_files(self) -> dict[str, str]:
        """Module names by file, for functions whose globals have no ``__name__``."""
        if self._calls is None or all(name for name, *_ in self._calls.started):
            return {}
        return {file: name for name, module in list(sys.modules.items()) if (file := _file_of(module)) is not None}


def _file_of(module: object) -> str | None:
    # through the dictionary: a lazily loaded module must not be loaded by being looked at
    file = getattr(module, "__dict__", {}).get("__file__")
    return os.path.abspath(file) if isinstance(file, str) else None
