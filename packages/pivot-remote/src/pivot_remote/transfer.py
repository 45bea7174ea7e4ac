"""Push and pull: make one store have what it lacks of some contents, from another.

The two stores may be of any kind, so there is one function for both ways. It asks the target in bulk what it has and
believes no memory of earlier transfers; moves files first and each tree after all that it names, so that an interrupted
transfer leaves no tree without its children, and the next one goes on where it ended. Each object is verified by the
store that keeps it, while it passes (``Store.add``); the stream that it reads from is watched here.
"""

import errno
import time
from collections.abc import Iterable, Set
from functools import partial
from io import BytesIO
from threading import Lock
from typing import BinaryIO, Final, Self, cast

from pivot_cache import CacheError, Content, InvalidTree, ObjectCorrupt, ObjectId, ObjectMissing, Store
from pivot_remote.crew import Crew
from pivot_remote.difference import find_there
from pivot_remote.errors import RemoteError, RemoteTrouble, RemoteUnusable
from pivot_remote.expansion import Expansion, expand
from pivot_remote.reliance import OLD, rely
from pivot_remote.report import JOBS, Failure, OnProgress, Progress, Report
from pivot_remote.store import RemoteStore, Resuming

_HOPELESS: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS))
_PIECE: Final = 1 << 20
RESUMED: Final = 8 << 20
"""From so many bytes on, an object that did not arrive whole is gone on with."""
_PATIENCE: Final = 4
"""So many troubles in a row, beyond one for each job, are not about single objects."""


def transfer(
    contents: Iterable[Content],
    source: Store,
    target: Store,
    jobs: int = JOBS,
    on_progress: OnProgress | None = None,
) -> Report:
    """Make the target have all objects of the contents, directories with everything below, and say what came of it.

    ``jobs`` objects are moved at once. ``on_progress`` is called by one thread at a time, but not always the same.

    What is wrong with one object is in the report, and the others go on. What would be wrong with all of them is
    raised: ``RemoteUnusable``, ``RemoteTrouble`` that repeats itself, a ``DiskError`` for a disk that takes nothing
    more. An exception of ``on_progress`` or an interrupt ends the transfer too; what was moved by then stays each time.
    """
    crew = Crew(jobs)
    wanted = list(contents)
    expansion = expand(wanted, source, target, crew)
    present, old = find_there(target, expansion, time.time() - OLD)
    rely((one for one in wanted if one.digest in old), target)
    mover = _Mover(source, target, expansion, crew, on_progress)
    lacking = expansion.sizes.keys() - present
    if lacking and isinstance(source, RemoteStore):
        source.look()  # a server that says nothing is waited for once, and not for each object
    mover.move_all(lacking)
    if old and lacking:  # that took a while: was something removed meanwhile that new trees name?
        gone = old - target.sizes(old).keys()
        mover.move_all(gone)
        present -= gone
    return mover.report(len(present))


class _Mover:
    """Moves single objects, and keeps account of them."""

    def __init__(
        self, source: Store, target: Store, expansion: Expansion, crew: Crew, on_progress: OnProgress | None
    ) -> None:
        self._source = source
        self._target = target
        self._expansion = expansion
        self._crew = crew
        self._on_progress = on_progress
        self._lock = Lock()
        self._progress = Progress(0, 0, 0, 0)
        self._moved: list[ObjectId] = []
        self._withheld: set[ObjectId] = set()
        self._errors: dict[ObjectId, Exception] = dict(expansion.unread)
        self._troubles = 0

    def move_all(self, ids: Set[ObjectId]) -> None:
        """Move objects: files first, and each tree after all below it."""
        sizes, trees = self._expansion.sizes, self._expansion.children
        done, objects, bytes_done, size = self._progress
        self._progress = Progress(done, objects + len(ids), bytes_done, size + sum(sizes[oid] for oid in ids))
        self.advance()
        # The largest first: whoever gets the last one should not have the longest way.
        self._crew.work(sorted(ids - trees.keys(), key=lambda oid: (-sizes[oid], oid)), self.move)
        if not ids.isdisjoint(trees):
            for level in self._expansion.levels():
                self._crew.work(sorted(oid for oid in level if oid in ids), self.move_tree)

    def move_tree(self, oid: ObjectId) -> None:
        """Move a tree, if all that it names is where it should be; else withhold it."""
        if any(child in self._errors or child in self._withheld for child in self._expansion.children[oid]):
            with self._lock:
                self._withheld.add(oid)
            self.advance(objects=1, moved=self._expansion.sizes[oid])
        else:
            self.move(oid)

    def move(self, oid: ObjectId) -> None:
        """Move one object. Raises what would be wrong with every other one, too."""
        size = self._expansion.sizes[oid]
        passing = _Passing(self, oid, size)
        try:
            if size >= RESUMED and isinstance(self._target, Resuming):
                self._target.add_from(oid, size, partial(self._open_from, passing))
            else:
                with self._open_from(passing, 0) as stream:
                    self._target.add(oid, stream)
        except (RemoteError, CacheError, OSError) as error:
            self._note(oid, error)
        else:
            with self._lock:
                self._moved.append(oid)
                self._troubles = 0
        self.advance(objects=1, moved=passing.left)

    def check(self) -> None:
        """Raise ``Stopped`` if the transfer is to end."""
        self._crew.check()

    def advance(self, *, objects: int = 0, moved: int = 0) -> None:
        """Add to what is done, and tell it."""
        with self._lock:
            done, total, bytes_done, size = self._progress
            self._progress = Progress(done + objects, total, bytes_done + moved, size)
            if self._on_progress is not None:
                self._on_progress(self._progress)

    def report(self, present: int) -> Report:
        """Return the account, in order."""
        errors = sorted(self._errors.items())
        corrupt = tuple(oid for oid, error in errors if isinstance(error, ObjectCorrupt | InvalidTree))
        missing = tuple(oid for oid, error in errors if isinstance(error, ObjectMissing))
        told = {*corrupt, *missing}
        return Report(
            moved=tuple(sorted(self._moved)),
            bytes=sum(self._expansion.sizes[oid] for oid in self._moved),
            present=present,
            missing=missing,
            corrupt=corrupt,
            failed=tuple(Failure(oid, error) for oid, error in errors if oid not in told),
            withheld=tuple(sorted(self._withheld)),
        )

    def _open_from(self, passing: "_Passing", start: int) -> BinaryIO:
        """Open an object at a byte, to be read through what passes it on."""
        fetched = self._expansion.fetched.get(passing.oid)
        stream = self._source.open(passing.oid, start) if fetched is None else BytesIO(fetched[start:])
        return passing.begin(stream, start)

    def _note(self, oid: ObjectId, error: RemoteError | CacheError | OSError) -> None:
        """Note that an object could not be moved; raise the error if it is about more than that object."""
        if isinstance(error, RemoteUnusable) or getattr(error, "errno", None) in _HOPELESS:
            raise error
        with self._lock:
            self._errors[oid] = error
            if isinstance(error, RemoteTrouble):
                self._troubles += 1
                if self._troubles >= self._crew.jobs + _PATIENCE:
                    raise error


class _Passing:
    """What an object is read through on its way: counts, ends a transfer that is to stop, and ends what never ends."""

    def __init__(self, mover: _Mover, oid: ObjectId, size: int) -> None:
        self.oid = oid
        self.left = size
        self._size = size
        self._mover = mover
        self._stream: BinaryIO = BytesIO()

    def begin(self, stream: BinaryIO, start: int) -> BinaryIO:
        """Read from a stream that begins at this byte of the object; what is before it counts as done."""
        done, self.left = self._size - self.left, self._size - start
        self._stream = stream
        if start != done:
            self._mover.advance(moved=start - done)
        return cast("BinaryIO", self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int = -1) -> bytes:
        """Read from the stream; raise ``ObjectCorrupt`` when it gives more than the object has."""
        self._mover.check()
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        # One byte more than there should be is enough to know, and a server that never ends fills no disk.
        data = self._stream.read(min(size, self.left + 1))
        if len(data) > self.left:
            raise ObjectCorrupt(self.oid, "what was read for it")
        self.left -= len(data)
        if data:
            self._mover.advance(moved=len(data))
        return data
