"""An opened project: its settings, its state database, its cache and its records. Every use case begins here.

The only place in core where the stores are put together; what they are used for is the use cases' business.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from pivot.config import Config, read_config
from pivot.errors import StorageError
from pivot.project import Project, create, is_made
from pivot.standing import recall
from pivot_cache import State, hash_bytes

if TYPE_CHECKING:  # what a project with nothing to do is opened without
    from pivot.doubt import Doubt
    from pivot.execute.interpreter import Starter
    from pivot.lock import Lock
    from pivot.look import Look
    from pivot.manifest import Manifest, StageSpec
    from pivot.pending import Pending
    from pivot.record import Damaged
    from pivot_cache import LocalStore, Mode, Runs, Scan


class Workspace:
    """A project with its stores open. Use as a context manager; ``created`` says that ``.pivot/`` was made just now."""

    def __init__(self, project: Project, *, make: bool = True, starter: "Starter | None" = None) -> None:
        refuse_links(project.home)
        self.project = project
        self.starter = starter  # of the process that imports the pipeline
        self.created = make and create(project)
        if not make:
            is_made(project)  # a project of a newer format is refused
        self.config: Config = read_config(project.root)
        self.state = State(project.home / "state.db")
        self.edited = False  # whether the manifest that was asked for last is not the one that was kept
        self.manifest_name = ""  # of the manifest that was asked for last
        self._seen: dict[str, bytes] = {}  # stamps of the files that ``standing`` looked at

    def make(self) -> None:
        """Make ``.pivot/`` if it is not there. Raises StorageError."""
        self.created = create(self.project) or self.created

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *exception: object) -> None:
        if "store" in self.__dict__:
            self.store.close()
        self.state.close()

    @cached_property
    def store(self) -> "LocalStore":
        """The objects of the cache."""
        return self.open_store(durable=self.config.durable)

    def open_store(self, *, durable: bool) -> "LocalStore":
        """Open the cache once more, for whoever flushes many objects at once and closes it."""
        from pivot_cache import LocalStore

        user = str(self.project.root) if self.shares_cache else None
        place = self.config.cache(self.project.root)
        return LocalStore(place, state=self.state, durable=durable, user=user)

    @property
    def shares_cache(self) -> bool:
        """Whether the cache lies outside of the project, where other projects may use it, too."""
        place = os.path.realpath(self.config.cache(self.project.root))  # "../shared" and a link lead out of it, too
        return not Path(place).is_relative_to(self.project.root)

    @property
    def mode(self) -> "Mode":
        """How files get their bytes from the cache, as configured."""
        return cast("Mode", self.config.values["cache.checkout_mode"])

    @property
    def runs(self) -> "Runs":
        """The constructive traces of the cache."""
        return self.store.runs

    def standing(self) -> tuple[str, ...] | None:
        """Return the stages of the pipeline if nothing can have changed since all of them were up to date, else None.

        Much faster than to plan; None only means that this is needed.
        """
        return recall(self.project, self.state, self._seen)

    def manifest(self, *, reload: bool = False, before: "Manifest | None" = None) -> "Manifest":
        """Return the manifest of the pipeline: the one kept, while nothing that it was made from changed.

        ``before`` is the one kept, if it was asked for already.
        """
        from pivot.execute.interpreter import ANEW
        from pivot.load import load
        from pivot.look import SourceMemo
        from pivot.manifest import encode
        from pivot_cache import Scan

        before = None if reload else before or self.kept_manifest()
        memo = SourceMemo(self.state, Scan(self.state))
        manifest = load(self.project, memo=memo, kept=before, starter=self.starter or ANEW)
        self.edited = manifest is not before
        if self.edited:
            data = encode(manifest)
            self.manifest_name = hash_bytes(data)
            self.state.put("manifest", self._manifest_key, data)
        return manifest

    def kept_manifest(self) -> "Manifest | None":
        """Return the manifest that was made last, whether or not it still stands; None if there is none."""
        from pivot.manifest import decode

        kept = self.state.get("manifest", self._manifest_key)
        self.manifest_name = "" if kept is None else hash_bytes(kept)
        return None if kept is None else decode(kept)

    @property
    def _manifest_key(self) -> str:
        return self.project.relative(self.project.pipeline)

    def doubt(self) -> "Doubt | None":
        """Return which stages may not be as the last plan remembered them; None if nothing is remembered."""
        from pivot.doubt import find_doubt

        return find_doubt(self.project, self.state, self._seen)

    def look(
        self,
        manifest: "Manifest",
        *,
        pending: bool = False,
        only: Collection[str] | None = None,
        observed: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> "Look":
        """Return a new view of the project as it is now; ``pending`` as in ``lock``.

        ``only`` are the stages whose locks are read at once; of others ``observed`` is what their runs showed.
        """
        from pivot.look import Look
        from pivot_cache import Scan

        scan = Scan(self.state)
        chosen = [stage for stage in manifest.stages if only is None or stage.name in only]
        locks = self._read_locks(scan, chosen, pending=pending)
        return Look(self.project, manifest, self.state, scan, locks, observed)

    def read_locks(self, look: "Look", stages: "Iterable[StageSpec]") -> None:
        """Read the locks of stages, as they are on disk now, into a view."""
        look.locks |= self._read_locks(look.scan, stages, pending=False)

    def _read_locks(
        self, scan: "Scan", stages: "Iterable[StageSpec]", *, pending: bool
    ) -> "dict[str, Lock | Damaged | None]":
        from pivot.lock import lock_file, read_lock

        home = str(self.project.home)
        locks: dict[str, Lock | Damaged | None] = {}
        for stage in stages:
            path = lock_file(home, stage.pipeline, stage.name)
            scan.mark(path)
            found = self.pending.read(stage) if pending else None
            locks[stage.name] = found or read_lock(path, stage.name)
        return locks

    def lock_path(self, stage: "StageSpec") -> Path:
        """Return where the lock of a stage is."""
        from pivot.lock import lock_path

        return lock_path(self.project.home, stage.pipeline, stage.name)

    def log_path(self, stage: "StageSpec") -> Path:
        """Return where what a stage prints is kept."""
        return self.project.home / "logs" / stage.pipeline / f"{stage.name}.log"

    def lock(self, stage: "StageSpec", *, pending: bool = False) -> "Lock | Damaged | None":
        """Return the record of a stage as it is on disk now; with ``pending``, that of a result not committed first."""
        from pivot.lock import read_lock

        found = self.pending.read(stage) if pending else None
        return found or read_lock(self.lock_path(stage), stage.name)

    def write_locks(
        self, locks: "Sequence[tuple[StageSpec, Lock]]", meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Write the records of stages: the commit point. ``meanwhile`` is done while the disk is waited for."""
        from pivot.lock import write_locks

        files = [(self.lock_path(stage), lock) for stage, lock in locks]
        write_locks(files, durable=self.config.durable, meanwhile=meanwhile, within=self.project.root)

    @cached_property
    def pending(self) -> "Pending":
        """The results that are not committed."""
        from pivot.pending import Pending

        return Pending(self.project.home)


def refuse_links(home: Path) -> None:
    """Raise StorageError if a link stands where Pivot keeps its files: git may bring one, and it leads anywhere."""
    for name in ("", "stages", "pending", "locks", "logs", "state.db", "cache"):
        place = os.path.join(home, name) if name else str(home)
        if os.path.islink(place):
            raise StorageError(
                f"{place} is a symbolic link, and Pivot keeps its files only where they belong",
                hint="pivot config set --local cache.dir DIR puts the cache elsewhere"
                if name == "cache"
                else "delete it",
            )
