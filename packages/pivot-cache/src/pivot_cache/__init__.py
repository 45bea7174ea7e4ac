"""Bytes by content: hash them, keep them, give them back.

The words: an **object** is bytes, named by their BLAKE3 (``ObjectId``). A **content** is what is at a path: a kind, a
digest and a size. A **tree** is a directory as an object, one level each. A **store** keeps objects; a **run** is a
record by key beside them. A **scan** says how the workspace looks now, with a **state** that remembers **stamps** (what
``stat`` says of a file), so that nothing is read twice. To **save** is to put files into a store, to **restore** is to
give them back; both verify. An object that does not match its name goes to **quarantine**.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pivot_cache.atomic import make_directories, write_atomic, write_each_atomic
    from pivot_cache.content import Content, Mode, ObjectId, is_object_id, object_id
    from pivot_cache.errors import (
        CacheError,
        DiskError,
        FormatTooNew,
        InvalidName,
        InvalidTree,
        LinkLeaves,
        LockTimeout,
        ObjectCorrupt,
        ObjectError,
        ObjectMissing,
        Occupied,
        RepositoryInside,
        SourceChanged,
        SourceError,
        SourceMissing,
        SourceUnreadable,
        StoreInside,
        ThroughLink,
        TreeTooDeep,
        UnsupportedFile,
    )
    from pivot_cache.hashing import hash_bytes, hash_file
    from pivot_cache.local import LocalStore
    from pivot_cache.locks import FileLock, try_all, wait_for
    from pivot_cache.memory import MemoryStore
    from pivot_cache.runs import Runs
    from pivot_cache.scan import Scan
    from pivot_cache.state import State
    from pivot_cache.store import Store
    from pivot_cache.tree import TreeEntry, read_tree, tree_bytes

__version__ = "0.1.0"

__all__ = [
    "CacheError",
    "Content",
    "DiskError",
    "FileLock",
    "FormatTooNew",
    "InvalidName",
    "InvalidTree",
    "LinkLeaves",
    "LocalStore",
    "LockTimeout",
    "MemoryStore",
    "Mode",
    "ObjectCorrupt",
    "ObjectError",
    "ObjectId",
    "ObjectMissing",
    "Occupied",
    "RepositoryInside",
    "Runs",
    "Scan",
    "SourceChanged",
    "SourceError",
    "SourceMissing",
    "SourceUnreadable",
    "State",
    "Store",
    "StoreInside",
    "ThroughLink",
    "TreeEntry",
    "TreeTooDeep",
    "UnsupportedFile",
    "hash_bytes",
    "hash_file",
    "is_object_id",
    "make_directories",
    "object_id",
    "read_tree",
    "tree_bytes",
    "try_all",
    "wait_for",
    "write_atomic",
    "write_each_atomic",
]

_MODULES = {
    "atomic": ("make_directories", "write_atomic", "write_each_atomic"),
    "content": ("Content", "Mode", "ObjectId", "is_object_id", "object_id"),
    "hashing": ("hash_bytes", "hash_file"),
    "local": ("LocalStore",),
    "locks": ("FileLock", "try_all", "wait_for"),
    "memory": ("MemoryStore",),
    "runs": ("Runs",),
    "scan": ("Scan",),
    "state": ("State",),
    "store": ("Store",),
    "tree": ("TreeEntry", "read_tree", "tree_bytes"),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: a command that finds nothing to do needs half of the package."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _PLACES.get(name, "errors")
    found: object = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
    globals()[name] = found
    return found
