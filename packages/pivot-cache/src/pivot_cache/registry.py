"""Who uses a cache directory that several projects share: a file for each, which holds the path of its root.

Whoever removes objects has to ask all of them. What a user is, and what it needs, is not known here.
"""

import os
from typing import Final

from pivot_cache.atomic import disk, make_directory, write_atomic
from pivot_cache.content import is_object_id
from pivot_cache.hashing import OPEN_FLAGS, hash_bytes
from pivot_cache.layout import Layout

_LONGEST: Final = 1 << 16


class Registry:
    """The users of one cache directory, by absolute paths."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._directory = os.path.join(layout.root, "projects")

    def add(self, root: str) -> None:
        """Enter a user; nothing happens if it is there. Raises ``DiskError``."""
        path = self.file(root)
        if os.path.exists(path):
            return
        self._layout.prepare()
        with disk("make", self._directory):
            make_directory(self._directory)
        write_atomic(path, os.fsencode(root) + b"\n", durable=self._layout.durable)

    def remove(self, root: str) -> None:
        """Strike a user out; not being there is no error. Raises ``DiskError``."""
        path = self.file(root)
        with disk("remove", path):
            try:
                os.unlink(path)
            except FileNotFoundError:
                return

    def roots(self) -> list[str]:
        """Return the users, sorted. A file that does not hold the path of its name is none of ours. Raises
        ``DiskError``."""
        found: list[str] = []
        with disk("read", self._directory):
            try:
                names = os.listdir(self._directory)
            except FileNotFoundError:
                return []
            for name in names:
                if is_object_id(name):
                    descriptor = os.open(os.path.join(self._directory, name), OPEN_FLAGS | os.O_NOFOLLOW)
                    try:
                        root = os.fsdecode(os.read(descriptor, _LONGEST).removesuffix(b"\n"))
                    finally:
                        os.close(descriptor)
                    if os.path.basename(self.file(root)) == name:
                        found.append(root)
        return sorted(found)

    def file(self, root: str) -> str:
        """Return the file of a user."""
        return os.path.join(self._directory, hash_bytes(os.fsencode(root)))
