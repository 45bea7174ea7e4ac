"""An observation of this process: what project code does beyond what its source can tell.

It joins its sources (``calls``, ``handed``, ``auditing``, ``environment``, ``requests``) and finds out which reads
happened while a module was being imported. ``observe`` makes one.
"""

import marshal
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import FrameType, TracebackType
from typing import Self

from pivot_fingerprint import children
from pivot_fingerprint.access import file_digest, listing_digest
from pivot_fingerprint.auditing import Access, Kind
from pivot_fingerprint.calls import Calls, module_name
from pivot_fingerprint.environment import DEFAULT_KEY, Variables
from pivot_fingerprint.forks import Forks
from pivot_fingerprint.handed import Handed
from pivot_fingerprint.importing import is_project, normal_roots
from pivot_fingerprint.module_files import awaited, file_of, leads_to, unfound
from pivot_fingerprint.parts import Entry, ImportRead, Observed
from pivot_fingerprint.requests import Requests


class Observation:
    """An observation of this process, all threads; ``observed`` is there after the ``with`` block. Use it once."""

    def __init__(self, roots: Sequence[str], *, functions: bool = True, key: bytes | None = None) -> None:
        self.observed = Observed()
        self._roots = normal_roots(roots)
        self._verdicts: dict[str, bool] = {}
        self._functions = functions
        self._requests = Requests(self._is_project, self._note_request)
        self._key = DEFAULT_KEY if key is None else key
        self._variables = Variables(self._is_project, self._key, self._note_variable)
        told = (self._note_access, self._requests, self._variables.counts)
        self._access = Access(self._roots, self._is_project, *told)
        self._handed = Handed(self._is_project, self._access.handed, self._access.asked_at)
        self._calls = Calls(self._is_project, self._handed.watch, self._handed.meet)
        self._imports: dict[tuple[str, str, str, int], ImportRead] = {}
        self._modules_before: frozenset[str] = frozenset()
        self._last_before: object = None  # the last module of those
        self._outer: list[FrameType] = []
        self._requested: dict[str, None] = {}
        self._computed: dict[str, None] = {}
        noted = [(self._variables, "digests"), (self._requests, "named"), (self._calls, "started")]
        noted += [(self, name) for name in ("_imports", "_requested", "_computed")]
        self._forks = Forks([*self._access.shared(), *noted], self._about_to_fork)
        self._access.catch_up = self._forks.catch_up

    def _about_to_fork(self) -> None:
        """Let processes of this family hear of one another's openings; one that only forks others belongs to none."""
        if self._calls.started:
            self._access.openings.open()

    def follow(self, compared: Sequence[str] = ()) -> None:
        """Go on in this process, which was forked for the work: what is forked from it belongs to the observation.

        Who observes in the process that began needs no such call. ``compared`` are files and directories that are
        compared with what they were before.
        """
        self._access.sightings.follow(compared)
        self._forks.start()

    def join(self, place: str, compared: Sequence[str] = (), began: int | None = None) -> None:
        """Begin, for good, in a process that was started anew; another one has the result. See ``children``.

        What libraries open by themselves is not seen: that is known only once a process is done.
        """
        self.__enter__()
        self._handed.stop()
        self._access.sightings.follow(compared, began)
        self._forks.join(place)

    def _invite(self) -> str | None:
        """What such a process is told."""
        place = self._forks.place()
        sightings = self._access.sightings
        told = (place, self._roots, self._functions, self._key, sightings.compared, sightings.began)
        return None if place is None else marshal.dumps(told).hex()

    def __enter__(self) -> Self:
        self._modules_before = frozenset(sys.modules)
        self._last_before = next(reversed(sys.modules.values()), None)
        self._outer = list(self._modules_under_way(sys._getframe(1)))
        self._variables.start()
        self._access.start()
        self._requests.start()
        self._handed.start()
        self._calls.start()
        self._forks.start()
        children.listen(self._invite)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        children.leave(self._invite)
        self._forks.stop()
        self._calls.stop()
        self._handed.stop()
        self._requests.stop()
        self._access.stop()
        self._variables.stop()
        self._outer = []
        self.observed = self._result()

    def _is_project(self, filename: str) -> bool:
        verdict = self._verdicts.get(filename)
        if verdict is None:
            verdict = self._verdicts[filename] = is_project(filename, self._roots)
        return verdict

    def _modules_under_way(self, frame: FrameType | None) -> Iterator[FrameType]:
        """The frames of project modules whose top level is executing, the innermost first."""
        while frame is not None:
            if frame.f_code.co_name == "<module>" and self._is_project(frame.f_code.co_filename):
                yield frame
            frame = frame.f_back

    def _importing(self, frame: FrameType) -> FrameType | None:
        """The innermost project module that is being imported; one that runs the observation itself does not count."""
        asker: FrameType | None = frame
        while asker is not None:  # asked at every read, so without a generator
            code = asker.f_code
            if code.co_name == "<module>" and self._is_project(code.co_filename):
                return None if any(asker is outer for outer in self._outer) else asker
            asker = asker.f_back
        return None

    def _note_access(self, kind: Kind, path: str, frame: FrameType) -> None:
        module = self._importing(frame)
        if module is not None:
            self._note(kind, path, file_digest if kind == "file" else listing_digest, module)

    def _note_variable(self, name: str, digest: str | None, frame: FrameType) -> None:
        module = self._importing(frame)
        if module is not None:
            self._note("env", name, lambda _: digest, module)

    def _note_request(self, name: str, frame: FrameType, computed: bool) -> None:
        module = self._importing(frame)
        if module is not None:
            self._note("module" if computed else "package", name, lambda _: None, module)
            return
        self._requested[name] = None
        if computed:
            self._computed[name] = None

    def _note(self, kind: str, name: str, digest: Callable[[str], str | None], module: FrameType) -> None:
        where, line = module_name(module.f_globals) or "", module.f_lineno
        if (kind, name, where, line) not in self._imports:
            # a file is digested before it is read, so that an edit meanwhile cannot pass for what was read
            self._imports[kind, name, where, line] = ImportRead(kind, name, digest(name), where, line)

    def _result(self) -> Observed:
        sources = (self._calls, self._handed, self._access.openings, self._access, self._variables, self._requests)
        dropped = self._access.settle()
        functions: dict[Entry, None] = {}
        where: dict[tuple[str, str], None] = {}
        modules = dict.fromkeys(self._imported())
        imports = (ImportRead(*read) for read in self._imports.values())  # one of another process is a mere tuple
        reads = [read for read in imports if read.kind != "file" or read.name not in dropped]
        reads += [ImportRead("file", file, file_digest(file), "", 0) for file in unfound(modules, self._roots)]
        for module, qualname, line, file in (*self._started(), *self._unpickled()):
            if qualname == "<module>":
                modules[module, file] = None
            else:
                functions[Entry(module, qualname, line)] = None
                where[module, file] = None
        return Observed(
            functions=tuple(sorted(functions)),
            modules=tuple(sorted(modules)),
            reads=tuple(sorted({*self._access.reads, *self._awaited()})),
            listings=tuple(sorted(self._access.listings)),
            env=tuple(sorted(self._variables.digests.items())),
            imports=tuple(reads),
            sources=tuple(sorted(where)),
            missing=tuple(source.missing for source in sources if source.missing is not None),
            directories=tuple(sorted(self._access.directories)),
            requested=tuple(sorted(self._requested)),
            computed=tuple(sorted(self._computed)),
            settled=tuple(self._access.sightings.unchanged()),
        )

    def _imported(self) -> Iterator[tuple[str, str]]:
        for name in self._new_modules():
            file = file_of(sys.modules.get(name))
            if file is not None and self._is_project(file):
                yield name, file

    def _new_modules(self) -> list[str]:
        """Return the names of modules that were not there before.

        Usually they are the last ones, and only those are looked at: a forked process has to copy the memory of every
        module that it touches.
        """
        before, now = self._modules_before, sys.modules
        last = list(islice(reversed(now.items()), max(0, len(now) - len(before)) + 1))
        new = [name for name, _ in last[:-1]]
        if last and last[-1][1] is self._last_before and before.isdisjoint(new):
            return new
        return [name for name in list(now) if name not in before]

    def _started(self) -> Iterator[tuple[str, str, int, str]]:
        """What executed, as module, qualified name, line, file.

        Code of a file that its module's name does not lead to (``runpy``, ``exec``, a module loaded by its path) cannot
        be found by that name again: the file is a read as a whole, and only its top level is told here.
        """
        by_name: dict[tuple[str, str], bool] = {}
        for name, qualname, line, file in self._calls.started if self._functions else ():
            # some globals have no __name__
            module = name or self._access.module_files.names().get(file) or _stem(file)
            if (module, file) not in by_name:
                by_name[module, file] = leads_to(module, file) or not self._access.executed(file)
            if by_name[module, file] or qualname == "<module>":
                yield module, qualname, line, file

    def _awaited(self) -> Iterator[str]:
        for name in self._requested:
            yield from awaited(name, self._is_project)

    def _unpickled(self) -> Iterator[tuple[str, str, int, str]]:
        """What pickles named of the project, as ``_started``: what is in a class counts also where nothing executes."""
        for module, qualname in self._requests.named:
            file = file_of(sys.modules.get(module))
            if file is not None and self._is_project(file):
                yield module, qualname, 0, file


def accept(invitation: str) -> None:
    """Observe this process for the one that started it."""
    place, roots, functions, key, compared, began = marshal.loads(bytes.fromhex(invitation))
    Observation(roots, functions=functions, key=key).join(place, compared, began)


def _stem(file: str) -> str:
    return os.path.splitext(os.path.basename(file))[0]
