"""What a target lacks of some contents, found without moving anything.

The first half of a ``transfer``, for whoever only wants to know.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pivot_cache import Content, ObjectId, Store
from pivot_remote.crew import Crew
from pivot_remote.errors import RemoteTrouble
from pivot_remote.expansion import Expansion, expand
from pivot_remote.report import JOBS
from pivot_remote.store import RemoteStore


class Difference(NamedTuple):
    """What a target lacks. ``incomplete`` are the contents that it does not have all of.

    ``bytes`` is the size of the ``lacking`` objects, ``present`` counts what is there. ``unread`` are listings of
    directories that neither store has, so that nobody knows what they name.
    """

    lacking: tuple[ObjectId, ...]
    bytes: int
    present: int
    unread: tuple[ObjectId, ...]
    incomplete: tuple[Content, ...]


def compare(contents: Iterable[Content], source: Store, target: Store, jobs: int = JOBS) -> Difference:
    """Say what the target lacks of the contents. The source is only asked for listings that the target lacks.

    Raises ``RemoteUnusable``, and ``RemoteTrouble`` where the target cannot be asked.
    """
    wanted = list(contents)
    expansion = expand(wanted, source, target, Crew(jobs))
    for error in expansion.unread.values():
        if isinstance(error, RemoteTrouble):
            raise error  # not to be had now is not the same as not there
    present = find_present(target, expansion)
    lacking = expansion.sizes.keys() - present
    return Difference(
        tuple(sorted(lacking)),
        sum(expansion.sizes[oid] for oid in lacking),
        len(present),
        tuple(sorted(expansion.unread)),
        tuple(one for one in wanted if not expansion.below(one.digest).isdisjoint(lacking | expansion.unread.keys())),
    )


def find_present(target: Store, expansion: Expansion) -> set[ObjectId]:
    """Return what the target has. An object of another size than it should have is as good as missing."""
    return _right(expansion, target.sizes(expansion.sizes))


def find_there(target: Store, expansion: Expansion, before: float) -> tuple[set[ObjectId], set[ObjectId]]:
    """Return the same, and which of it a remote has had since before a time."""
    if not isinstance(target, RemoteStore):
        return find_present(target, expansion), set()
    there = target.find(expansion.sizes, before)
    present = _right(expansion, there.sizes)
    return present, there.old & present


def _right(expansion: Expansion, found: Mapping[ObjectId, int]) -> set[ObjectId]:
    wanted = expansion.sizes
    if found == wanted:  # much faster than to look at each
        return set(wanted)
    return {oid for oid, size in found.items() if size == wanted.get(oid)}
