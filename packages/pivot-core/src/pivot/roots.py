"""What a project still needs of its cache, gathered so that nothing is missed: every digest that stands in a record.

Records are not decoded here. One that a merge tore, or that another version wrote, still says which objects it is about
by 64 hex digits; and more is kept than is needed where a digest is none of an object. What a tree among them names is
for ``pivot_cache.reach``.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pivot.branches import git_records, is_record
from pivot.errors import StorageError
from pivot.record import Damaged, read_bytes
from pivot_cache import ObjectId
from pivot_cache.level import is_object_path

_digests = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])").findall


def digests_in(data: bytes) -> set[ObjectId]:
    """Return whatever could be the name of an object."""
    return {ObjectId(found.decode()) for found in _digests(data)}


def work_tree_roots(root: Path) -> set[ObjectId]:
    """Return what the records in the work tree name, and the objects that links in it stand for.

    Raises StorageError where something cannot be looked at.
    """
    return {oid for data in _records(root, home=False) for oid in digests_in(data)}


def git_roots(root: Path) -> set[ObjectId]:
    """Return what the records in git name. Raises StorageError where git cannot be read."""
    return {oid for data in git_records(root) for oid in digests_in(data)}


def _records(directory: Path, *, home: bool) -> Iterator[bytes]:
    """Yield the bytes of records, and of the targets of links into a cache."""
    for entry in _entries(directory):
        if entry.is_symlink():
            target = os.readlink(entry.path)
            if is_object_path(target):
                yield os.fsencode("".join(target.rsplit("/", 2)[1:]))
        elif entry.is_dir(follow_symlinks=False):
            if entry.name == ".pivot":
                for name in ("stages", "pending"):
                    if os.path.isdir(os.path.join(entry.path, name)):
                        yield from _records(Path(entry.path, name), home=True)
            elif entry.name != ".git":
                yield from _records(Path(entry.path), home=home)
        elif home or is_record(entry.name, home):
            data = read_bytes(entry.path)
            if isinstance(data, Damaged):
                raise StorageError(f"a record cannot be read: {data.problem}", hint="mend or delete it first")
            yield data or b""


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return list(found)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"cannot look into {directory}: {error.strerror}", hint="make it readable first") from error
