"""Where a path lies: below which root of the project, in the spelling in which that root was given.

Used by ``auditing`` for whatever the process opens, lists, asks about or hands to another process.
"""

import os
import sys

_UNREAD = frozenset({".git", ".pivot", "__pycache__", "site-packages", "dist-packages", "__pypackages__"})


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

    def find(self, path: object, directory: int | None = None) -> str | None:
        """Return the absolute path below a root, None if it is elsewhere, of no interest or not a name.

        ``directory`` is the descriptor that a relative path starts from. Of no interest is what belongs to git, to
        Pivot, to Python's own caches or to an installed environment.
        """
        if type(path) is str and path[:1] == os.sep and path[-1] != os.sep and "/." not in path and "//" not in path:
            place = path  # most are like this, and os.path.abspath would take half of the time
        else:
            given = _given(path, directory)
            if given is None:
                return None
            place = os.path.abspath(given)
        if not place.startswith(self._prefixes) or place.startswith(self._installed):
            return None
        for prefix, root in self._spellings:
            if place.startswith(prefix):
                rest = place[len(prefix) :]
                return None if not _UNREAD.isdisjoint(rest.split(os.sep)) else f"{root.rstrip(os.sep)}{os.sep}{rest}"
            if place + os.sep == prefix:
                return root
        return None


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
