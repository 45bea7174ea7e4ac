"""What lies around a project: which places outside of it may hold its data, and how they are named.

Most of a disk belongs to the machine: the system, Python and what is installed, temporary files, the settings and
caches of the user's tools. They are other ones elsewhere, and no input of a project. Used by ``auditing`` and
``digests``.
"""

import os
import sys

UNREAD = frozenset({".git", ".pivot", "__pycache__", "site-packages", "dist-packages", "__pypackages__"})
_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var"),
    *("/Applications", "/Library", "/System", "/private"),
    *("/tmp", *(os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if name in os.environ)),
)


class Surroundings:
    """The places around a project as they are when this is made."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        root = min((os.path.realpath(root) for root in roots), key=len, default=os.sep)
        installed = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
        tools = os.path.join(os.path.expanduser("~"), ".")  # how the hidden files of a user begin
        foreign = (*(os.path.join(place, "") for place in installed), tools)
        self._foreign = tuple(place for place in foreign if not root.startswith(place))
        self._system = tuple(os.path.join(place, "") for place in _SYSTEM)
        self._beside = os.path.join(os.path.dirname(root), "")
        self._programs = frozenset(os.get_exec_path())

    def hold(self, place: str) -> bool:
        """Whether something at an absolute path outside of the project may be its data."""
        if place.startswith(self._foreign) or not UNREAD.isdisjoint(place.split(os.sep)):
            return False
        if place == os.sep or os.path.dirname(place) in self._programs:
            return False
        return not place.startswith(self._system) or (self._beside != os.sep and place.startswith(self._beside))


def relative(path: str, root: str) -> str:
    """Return how an absolute path is recorded: relative to the root, also from beside it; a path that has only the
    whole disk in common with it as it is."""
    path, root = os.path.normpath(path), os.path.normpath(root)
    return path if os.path.commonpath([path, root]) == os.sep != root else os.path.relpath(path, root)
