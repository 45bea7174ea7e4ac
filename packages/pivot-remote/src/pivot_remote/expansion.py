"""From a few contents to all objects that they consist of: files, links, and the trees in between.

Trees are read level by level, from the store that is near if there is one. Which of the objects are to be moved is for
``transfer``.
"""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter

from pivot_cache import (
    CacheError,
    Content,
    InvalidTree,
    ObjectCorrupt,
    ObjectId,
    ObjectMissing,
    Store,
    read_tree,
)
from pivot_cache.content import DIRECTORY
from pivot_cache.tree import ENTRY_LIMIT, TreeEntry
from pivot_remote.crew import Crew
from pivot_remote.errors import RemoteError, RemoteTrouble, RemoteUnusable
from pivot_remote.store import RemoteStore


class Expansion:
    """All objects of some contents.

    ``sizes``: every object that is known, in bytes. ``children``: of each tree that could be read, the objects that it
    names. ``fetched``: the bytes of trees that came from afar. ``unread``: trees that could not be read, and why.
    """

    def __init__(self) -> None:
        self.sizes: dict[ObjectId, int] = {}
        self.children: dict[ObjectId, tuple[ObjectId, ...]] = {}
        self.fetched: dict[ObjectId, bytes] = {}
        self.unread: dict[ObjectId, Exception] = {}

    def note(self, named: Iterable[Content | TreeEntry]) -> set[ObjectId]:
        """Note objects that are named somewhere; return the trees among them."""
        sizes = self.sizes
        trees: set[ObjectId] = set()
        for one in named:
            if one.kind == DIRECTORY:
                trees.add(one.digest)
            elif sizes.get(one.digest, -1) < one.size:
                # Two sizes told for one object: at most one is true, and the smaller would cut the object short.
                sizes[one.digest] = one.size
        return trees

    def below(self, oid: ObjectId) -> set[ObjectId]:
        """Return an object and all that it consists of, as far as that is known."""
        found = {oid}
        waiting = [oid]
        while waiting:
            for child in self.children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def levels(self) -> Iterator[list[ObjectId]]:
        """Yield the trees that could be read in groups, each after all trees below its own."""
        order = TopologicalSorter(
            {oid: [child for child in children if child in self.children] for oid, children in self.children.items()}
        )
        order.prepare()
        while order.is_active():
            ready = list(order.get_ready())
            yield ready
            order.done(*ready)


def expand(contents: Iterable[Content], source: Store, target: Store, crew: Crew) -> Expansion:
    """Return all objects of the contents. Raises ``RemoteUnusable``, and ``RemoteTrouble`` with all trees of a level;
    what is wrong with one of them is in the result."""
    expansion = Expansion()
    stores = sorted((source, target), key=lambda store: isinstance(store, RemoteStore))
    named = 0
    level = expansion.note(contents)
    while level:
        found: dict[ObjectId, bytes] = {}

        def read(oid: ObjectId, found: dict[ObjectId, bytes] = found) -> None:
            try:
                data, store = _read_first(oid, stores)
            except RemoteUnusable:
                raise
            except (RemoteError, CacheError, OSError) as error:
                expansion.unread[oid] = error
                return
            found[oid] = data
            if store is source and isinstance(store, RemoteStore):
                expansion.fetched[oid] = data

        crew.work(sorted(level), read)
        troubles = [error for oid in level if isinstance(error := expansion.unread.get(oid), RemoteTrouble)]
        if len(troubles) == len(level):
            raise troubles[0]  # it is not about single trees
        level = set()
        for oid, data in found.items():
            try:
                entries = read_tree(data, oid)
                named += len(entries)
                if named > ENTRY_LIMIT:
                    raise InvalidTree(oid, "", f"with it, more than {ENTRY_LIMIT} entries would have to be moved")
            except InvalidTree as error:
                expansion.unread[oid] = error
                continue
            expansion.sizes[oid] = len(data)
            expansion.children[oid] = tuple({entry.digest for entry in entries})
            level |= expansion.note(entries)
        level -= expansion.children.keys() | expansion.unread.keys()
    return expansion


def _read_first(oid: ObjectId, stores: Sequence[Store]) -> tuple[bytes, Store]:
    """Return a tree's bytes from the first store that has good ones; raise what the last one says."""
    *others, last = stores
    for store in others:
        try:
            return store.read(oid), store
        except (ObjectMissing, ObjectCorrupt):
            continue
    return last.read(oid), last
