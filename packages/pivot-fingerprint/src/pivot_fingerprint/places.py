"""Where a path lies: below which root of the project, in the spelling in which that root was given, or around it.

Used by ``auditing`` for whatever the process opens, lists, asks about or hands to another process.
"""

import os
import sys

from pivot_fingerprint.surroundings import UNREAD, Surroundings


class Places:
    """The directories of a project, each by the name that was given and by its real one."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        spellings = {
            (place.rstrip(os.sep) + os.sep, root) for root in roots for place in (root, os.path.realpath(root))
        }
        self._spellings = sorted(spellings, key=lambda spelling: len(spelling[0]))
        # the root itself without its separator, so that one test tells what is elsewhere
        self._prefixes = tuple(prefix.rstrip(os.sep) for prefix, _ in self._spellings)
        environment = sys.prefix + os.sep
        below = any(environment.startswith(prefix) and environment != prefix for prefix, _ in self._spellings)
        self._installed = (environment,) if below else ()
        self._surroundings = Surroundings(roots)

    def find(self, path: object, directory: int | None = None) -> str | None:
        """Return the absolute path below a root, None if it is elsewhere, of no interest or not a name.

        ``directory`` is the descriptor that a relative path starts from. Of no interest is what belongs to git, to
        Pivot, to Python's own caches or to an installed environment.
        """
        place = _absolute(path, directory)
        if place is None or not place.startswith(self._prefixes) or place.startswith(self._installed):
            return None
        for prefix, root in self._spellings:
            if place.startswith(prefix):
                rest = place[len(prefix) :]
                return None if not UNREAD.isdisjoint(rest.split(os.sep)) else f"{root.rstrip(os.sep)}{os.sep}{rest}"
            if place + os.sep == prefix:
                return root
        return None

    def is_within(self, place: str) -> bool:
        """Whether a place is in a directory of the project, and not at its top, where every tool looks for settings."""
        return any(place.startswith(prefix) and os.sep in place[len(prefix) :] for prefix, _ in self._spellings)

    def find_outside(self, path: object, directory: int | None = None) -> str | None:
        """Return the absolute path of what is not below a root and may be data of the project all the same."""
        place = _absolute(path, directory)
        if place is None or place.startswith(self._installed) or not self._surroundings.hold(place):
            return None
        return None if any(f"{place}{os.sep}".startswith(prefix) for prefix, _ in self._spellings) else place

    def find_anywhere(self, path: object, directory: int | None = None) -> str | None:
        """Return ``find``, or else ``find_outside``."""
        return self.find(path, directory) or self.find_outside(path, directory)


def _absolute(path: object, directory: int | None) -> str | None:
    if type(path) is str and path[:1] == os.sep and path[-1] != os.sep and "/." not in path and "//" not in path:
        return path  # most are like this, and os.path.abspath would take half of the time
    given = _given(path, directory)
    return None if given is None else os.path.abspath(given)


def _given(path: object, directory: int | None) -> str | None:
    if path is None:
        return "."
    if isinstance(path, int):  # a directory that was opened before
        return _of_descriptor(path)
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.fsdecode(path)
    return name if directory is None else os.path.join(_of_descriptor(directory) or os.devnull, name)


def _of_descriptor(descriptor: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None
