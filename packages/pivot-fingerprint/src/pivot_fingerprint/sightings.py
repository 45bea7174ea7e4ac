"""What files were at each moment when they were read: whether what is there in the end is what was read.

A file that is younger than the observation may have been made by another process for it, as by ``cp`` or a compiler,
or edited by somebody. Both are the same here: what counts is that it was not changed after it was opened.
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence

from pivot_fingerprint import questions
from pivot_fingerprint.access import file_digest
from pivot_fingerprint.inotify import Openings

_COARSE = 2_000_000_000  # ns: no file system's clock is coarser
type _Sighting = tuple[str, tuple[int, ...]]  # a place, and what its status was


class Sightings:
    """Each file with what it was when it was opened, or named to another process, which may read it or write it.

    Of what may have to be compared the digest is taken as well: of what is ``young``, and of what is named. A stamp
    alone would not do, since a file may be written twice in one tick of the clock. Of what is ``compared`` by others,
    files and directories, it never is.
    """

    def __init__(self, openings: Openings) -> None:
        self.opened: dict[_Sighting, str | None] = {}
        self.named: dict[_Sighting, str | None] = {}
        self.began = time.time_ns()
        self.compared: tuple[str, ...] = ()
        self._openings = openings

    def follow(self, compared: Sequence[str], began: int | None = None) -> None:
        """Begin: what is older than this moment is not young."""
        self.began = time.time_ns() if began is None else began
        self.compared = tuple(compared)

    def open(self, place: str) -> None:
        """Note a file that is about to be opened, or is asked about."""
        now = status(place)
        if (place, now) not in self.opened:
            is_young = bool(now) and now[-1] > self.began - _COARSE
            self.opened[place, now] = self._digest(place) if is_young else None

    def name(self, place: str) -> None:
        """Note a file that another process is about to get the name of, and hear of who opens it then."""
        seen = (place, status(place))
        if seen not in self.opened and seen not in self.named:
            self.named[seen] = self._digest(place)
            self._openings.watch(os.path.dirname(os.path.realpath(place)))

    def doubt(self, place: str) -> None:
        """Note a file that was read, nobody knows when."""
        self.opened[place, ()] = None

    def unchanged(self) -> Iterator[tuple[str, str]]:
        """Yield each file with its digest that is now what it was whenever it was opened or named.

        One that was something else when another process got its name may have been read by that process before it was
        written. So what was there must have been the same bytes, and nobody may have closed it before who could only
        read.
        """
        seen = {**self.opened, **self.named}
        digested = {place for (place, _), digest in seen.items() if digest is not None}
        opened, named = _by_place(self.opened, digested), _by_place(self.named, digested)
        for place in sorted(digested):
            now = (place, status(place))
            digest = seen.get(now)
            before = {self.named[one] for one in named[place] if one != now}
            if digest is None or any(one != now for one in opened[place]):
                continue
            if not before or (before == {digest} and self._was_written_first(os.path.realpath(place))):
                yield place, digest

    def _was_written_first(self, file: str) -> bool:
        return file in self._openings.replaced or self._openings.written.get(file, False)

    def _digest(self, place: str) -> str | None:
        if any(place == one or place.startswith(one + os.sep) for one in self.compared):
            return None
        self._openings.catch_up()
        digest = file_digest(place)
        self._openings.catch_up(besides={os.path.realpath(place)})  # it was opened just now
        return digest


def _by_place(sightings: Iterable[_Sighting], places: Iterable[str]) -> dict[str, list[_Sighting]]:
    found: dict[str, list[_Sighting]] = {place: [] for place in places}
    for seen in sightings:
        if seen[0] in found:
            found[seen[0]].append(seen)
    return found


def status(path: str) -> tuple[int, ...]:
    """Return what tells a file or directory from another at the same path; nothing where neither is."""
    try:
        found = questions.real_stat(path)
    except (OSError, ValueError):
        return ()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return ()
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
