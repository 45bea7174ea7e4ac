"""From the disk to an ``Observation``: stat where stat is enough, hash where not. Nothing of the user's is imported.

A ``Look`` is one view of the project: sources and inputs are answered once and stay as they were answered, so that what
is decided, what is executed and what is recorded can be held against one another.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from pivot.lock import Lock
from pivot.manifest import Manifest, StageSpec
from pivot.observation import Observation, live_parts
from pivot.project import Project, import_roots
from pivot.record import Damaged
from pivot_cache import Content, ObjectId, Scan, SourceError, State
from pivot_fingerprint import Analysis, Entry, Fingerprint
from pivot_fingerprint.access import listing_digest
from pivot_fingerprint.differing import differing
from pivot_fingerprint.environment import variable_digest

UNREADABLE = Content("other", ObjectId(""), 0)
"""What is at a path and cannot be read or kept: a named pipe, or what somebody is writing; no record is made of it."""
_OBSERVED = " observed"  # after the name of a stage: with what its runs showed


class SourceMemo:
    """What the analysis borrows: digests of sources, as first seen in this look, and a store for its facts."""

    def __init__(self, state: State, scan: Scan) -> None:
        self._state = state
        self._scan = scan
        self.seen: dict[str, str | None] = {}

    def digest(self, path: str) -> str | None:
        """Return the digest of a source as this look first saw it; None if it was missing."""
        if path not in self.seen:
            self.seen[path] = self._scan.digest(path)
        return self.seen[path]

    def get(self, key: str) -> bytes | None:
        """Return what was kept under a key."""
        return self._state.get("fingerprint", key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value under a key."""
        self._state.put("fingerprint", key, value)


class Look:
    """One view of a project: its stages' code as it is now, and whatever else is asked for."""

    def __init__(
        self,
        project: Project,
        manifest: Manifest,
        state: State,
        scan: Scan,
        locks: dict[str, Lock | Damaged | None],
        observed: Mapping[str, Sequence[str]],
    ) -> None:
        """``observed`` are the definitions that only runs showed, by stage, of stages whose locks are not given."""
        self.project = project
        self._root = str(project.root)
        self.manifest = manifest
        self.scan = scan
        self.locks = locks
        self.presumed: Mapping[str, Content] = {}  # what counts as being at a path, without a slash, where nothing is
        self.sources = SourceMemo(state, scan)
        self.analysis = Analysis(import_roots(project), memo=self.sources)
        self._code = self._fingerprints(observed)

    def observe(self, stage: StageSpec, lock: Lock | Damaged | None) -> Observation:
        """Return the stage as it is now; ``lock`` says which undeclared reads and variables to look at."""
        recorded = lock if isinstance(lock, Lock) else None
        code, static = self._code[stage.name]
        return Observation(
            stage,
            code,
            static,
            live_parts(stage),
            {dep.path: self._expected(dep.path) for dep in stage.deps},
            {path: self.read_again(path) for path in recorded.reads} if recorded else {},
            {name: self.variable(name) for name in recorded.env} if recorded else {},
            {out.path: self._expected(out.path) for out in stage.outs},
        )

    def code(self, stage: StageSpec) -> Fingerprint:
        """Return the closure of a stage, with what earlier runs showed."""
        return self._code[stage.name][0]

    def learn(self, stage: StageSpec, lock: Lock) -> None:
        """Follow also the definitions that the last run of a stage showed; its lock was written meanwhile."""
        static = self._code[stage.name][1]
        self._code[stage.name] = (self.fingerprint(stage, lock.observed) if lock.observed else static, static)

    def differing(self, before: tuple[str, bytes]) -> frozenset[str] | None:
        """Return the stages whose code is another than an earlier look found, by the ``answer`` of its analysis.

        None if that cannot be told.
        """
        answer = self.analysis.answer()
        found = None if answer is None else differing(before[1], answer[1])
        return None if found is None else found | {name.removesuffix(_OBSERVED) for name in found}

    def content(self, path: str) -> Content | None:
        """Return what is at a root-relative path, as this look first saw it; None if nothing was there."""
        return self.scan.content(self.absolute(path))

    def found(self, path: str) -> Content | None:
        """Return ``content``, or ``UNREADABLE``: what is wrong is said by whoever is to use it, if anyone is."""
        try:
            return self.content(path)
        except SourceError:
            return UNREADABLE

    def _expected(self, path: str) -> Content | None:
        """Return what is found at a root-relative path; where nothing is, what is presumed to be there."""
        return self.found(path) or self.presumed.get(path.rstrip("/"))

    def check_readable(self, contents: Mapping[str, Content | None]) -> None:
        """Raise SourceError for the first of some observed contents that could not be read, if it still cannot."""
        for path, content in contents.items():
            if content == UNREADABLE:
                self.content(path)

    def forget(self, stage: StageSpec) -> None:
        """Look anew at the inputs and outputs of a stage when next asked; time has passed."""
        for path in (*(dep.path for dep in stage.deps), *(out.path for out in stage.outs)):
            self.scan.forget(self.absolute(path))

    def read(self, path: str) -> str | None:
        """Return the digest of an undeclared read: a file's content, or a listing's names if the path ends in ``/``."""
        if path.endswith("/."):
            return "directory" if os.path.isdir(self.absolute(path[:-2])) else None
        if path.endswith("/"):
            return listing_digest(self.absolute(path))
        content = self.content(path)
        return content.digest if content else None

    def read_again(self, path: str) -> str | None:
        """Return ``read``; where a record names what cannot be read now, something else than was read then."""
        try:
            return self.read(path)
        except SourceError:
            return "unreadable"

    def variable(self, name: str) -> str | None:
        """Return the keyed digest of an environment variable's value, None if it is not set."""
        return variable_digest(name, os.environ)

    def absolute(self, path: str) -> str:
        """Return a path that a record names as an absolute one, without a closing slash."""
        found = os.path.join(self._root, path.rstrip("/"))
        return os.path.normpath(found) if path.startswith("..") else found

    def fingerprint(self, stage: StageSpec, observed: Iterable[str]) -> Fingerprint:
        """Return the closure of a stage joined with definitions that only a run showed, as ``module:name``."""
        entries = {stage.name: (*stage_entries(stage), *observed_entries(observed))}
        return self.analysis.fingerprints(entries, imported=self.manifest.modules, reads=self.manifest.reads)[
            stage.name
        ]

    def _fingerprints(self, observed: Mapping[str, Sequence[str]]) -> dict[str, tuple[Fingerprint, Fingerprint]]:
        """Return for each stage its closure with and without what earlier runs showed."""
        entries: dict[str, tuple[Entry, ...]] = {}
        for stage in self.manifest.stages:
            lock = self.locks.get(stage.name)
            shown = observed.get(stage.name, ()) if stage.name not in self.locks else ()
            if isinstance(lock, Lock):
                shown = lock.observed
            entries[stage.name] = stage_entries(stage)
            if shown:
                entries[stage.name + _OBSERVED] = (*stage_entries(stage), *observed_entries(shown))
        found = self.analysis.fingerprints(entries, imported=self.manifest.modules, reads=self.manifest.reads)
        return {
            stage.name: (found.get(stage.name + _OBSERVED, found[stage.name]), found[stage.name])
            for stage in self.manifest.stages
        }


def stage_entries(stage: StageSpec) -> tuple[Entry, ...]:
    """Return where a stage's code starts: its function, what it captured, and the loaders of the project itself."""
    loaders = [dep.loader for dep in stage.deps] + [out.loader for out in stage.outs]
    captured = (Entry(package, "") for package in stage.packages)
    return (*stage.entries, *captured, *(entry for loader in loaders for entry in loader.entries))


def observed_entries(observed: Iterable[str]) -> tuple[Entry, ...]:
    """Return recorded ``module:name`` texts as entries."""
    return tuple(Entry(module, name) for module, _, name in (text.partition(":") for text in observed))
