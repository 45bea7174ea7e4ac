"""Whether the objects of a store have the bytes that their names say: all of them are read.

Nothing is changed; what to do about a damaged object is for whoever asks.
"""

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from blake3 import blake3

from pivot_cache import CacheError, ObjectId, ObjectMissing, Store
from pivot_remote.crew import Crew
from pivot_remote.errors import RemoteError, RemoteUnusable
from pivot_remote.report import JOBS, Failure

_PIECE = 1 << 20


class Checked(NamedTuple):
    """How many objects were read and their bytes, which are not what their names say, and which could not be read."""

    objects: int
    bytes: int
    corrupt: tuple[ObjectId, ...]
    failed: tuple[Failure, ...]


def check(ids: Iterable[ObjectId], store: Store, jobs: int = JOBS) -> Checked:
    """Read objects and compare them with their names. One that is gone meanwhile is left out.

    Raises ``RemoteUnusable``.
    """
    sizes: dict[ObjectId, int] = {}
    corrupt: list[ObjectId] = []
    failed: list[Failure] = []
    lock = Lock()

    def look(oid: ObjectId) -> None:
        hasher, size = blake3(), 0
        try:
            with store.open(oid) as stream:
                while data := stream.read(_PIECE):
                    hasher.update(data)
                    size += len(data)
        except ObjectMissing:
            return
        except RemoteUnusable:
            raise
        except (RemoteError, CacheError, OSError) as error:
            with lock:
                failed.append(Failure(oid, error))
            return
        with lock:
            sizes[oid] = size
            if hasher.hexdigest() != oid:
                corrupt.append(oid)

    Crew(jobs).work(ids, look)
    failed.sort(key=lambda one: one.id)
    return Checked(len(sizes), sum(sizes.values()), tuple(sorted(corrupt)), tuple(failed))
