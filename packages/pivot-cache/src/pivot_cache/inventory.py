"""What lies in a cache directory, by names and ``lstat`` alone: objects, records, leftovers, and what is not ours.

For whoever looks after a cache. Nothing is opened, followed or changed; whether bytes match their names is asked of
the store.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Literal, NamedTuple

from pivot_cache.atomic import disk
from pivot_cache.content import ObjectId, is_object_id
from pivot_cache.layout import Layout
from pivot_cache.leftovers import is_temporary

type ItemKind = Literal["object", "run", "leftover", "quarantined", "foreign"]

_OWN: Final = frozenset(("format", "lock"))
_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_FILE_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class Item(NamedTuple):
    """One thing in a cache directory. ``path`` is absolute; ``name`` is that of an object or the key of a record."""

    kind: ItemKind
    path: str
    status: os.stat_result
    name: ObjectId | None = None


def inventory(layout: Layout) -> Iterator[Item]:
    """Yield everything but the directories of the layout itself; nothing if there is no cache directory.

    A ``leftover`` is what a process that is gone was writing. Raises ``DiskError`` for what cannot be listed.
    """
    if not os.path.lexists(layout.root):
        return
    for entry in _entries(layout.root):
        is_directory = entry.is_dir(follow_symlinks=False)
        match entry.name:
            case "objects" if is_directory:
                yield from _named("object", entry.path)
            case "runs" if is_directory:
                yield from _named("run", entry.path)
            case "tmp" if is_directory:
                yield from _leftovers(entry.path)
            case "partial" if is_directory:
                yield from _partials(entry.path)
            case "quarantine" if is_directory:
                yield from (Item("quarantined", one.path, _status(one)) for one in _entries(entry.path))
            case "projects" if is_directory:
                pass  # the business of ``registry``
            case name if name not in _OWN:
                yield _stray(entry)


def _named(kind: ItemKind, directory: str) -> Iterator[Item]:
    for fan in _entries(directory):
        if len(fan.name) != 2 or not fan.is_dir(follow_symlinks=False):
            yield _stray(fan)
            continue
        for entry in _entries(fan.path):
            name = fan.name + entry.name
            try:
                yield Item(kind, entry.path, _status(entry), ObjectId(name)) if is_object_id(name) else _stray(entry)
            except FileNotFoundError:
                continue  # quarantined or collected meanwhile


def _leftovers(directory: str) -> Iterator[Item]:
    for entry in _entries(directory):
        if not entry.is_dir(follow_symlinks=False):
            yield _stray(entry)
        elif not _is_held(entry.path):
            with suppress(FileNotFoundError):
                yield Item("leftover", entry.path, _status(entry))


def _partials(directory: str) -> Iterator[Item]:
    for entry in _entries(directory):
        if not (is_object_id(entry.name) and entry.is_file(follow_symlinks=False)):
            yield _stray(entry)
        elif not _is_held(entry.path, _FILE_FLAGS):
            with suppress(FileNotFoundError):
                yield Item("leftover", entry.path, _status(entry))


def _is_held(path: str, flags: int = _DIRECTORY_FLAGS) -> bool:
    """Say whether a process writes a partial, or in a directory of temporaries; it holds a lock as long as it lives."""
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _stray(entry: os.DirEntry[str]) -> Item:
    return Item("leftover" if is_temporary(entry.name) else "foreign", entry.path, _status(entry))


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    return entry.stat(follow_symlinks=False)


def _entries(directory: str) -> list[os.DirEntry[str]]:
    with disk("read", directory), os.scandir(directory) as found:
        return sorted(found, key=lambda entry: entry.name)


def is_file(item: Item) -> bool:
    """Say whether the item is a plain file, as objects and records are."""
    return stat.S_ISREG(item.status.st_mode)
