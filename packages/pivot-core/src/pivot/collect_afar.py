"""The use case: what a remote keeps and nothing needs any more. Only found here; who moves bytes removes it.

Nobody can lock a remote, so whatever was written to it of late stays, and what listings among that name: a push under
way is among that, also with the old objects that it relies on (``pivot_remote.reliance``). What records name stays, in
the work tree and in git, which must therefore know all branches; and what those name in turn. A record of a run stays
as long as its results do.
"""

from collections.abc import Callable, Iterable, Iterator
from time import time
from typing import Protocol

import orjson

from pivot.branches import is_shallow
from pivot.collect import YOUNG_DAYS, Plan, Stay
from pivot.errors import StorageError
from pivot.record import read_mapping
from pivot.roots import git_roots, work_tree_roots
from pivot.workspace import Workspace
from pivot_cache import ObjectId, is_object_id
from pivot_cache.reach import reach
from pivot_fingerprint.named import NamedTuple


class Item(Protocol):
    """A file at a remote: its name there, its bytes, and when it was written, in seconds since the epoch."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def written(self) -> float: ...


class Afar(NamedTuple):
    """A remote as this use case sees it.

    ``items`` yields what is in a folder, ``read`` returns the bytes of a small file, ``listing`` those of an object if
    they begin so, as ``pivot_cache.reach`` asks; all raise what keeps them from knowing.
    """

    items: Callable[[str], Iterable[Item]]
    read: Callable[[str], bytes | None]
    listing: Callable[[ObjectId, bytes], bytes | None]


class Unneeded(NamedTuple):
    """The plan, and the files to remove, in this order."""

    plan: Plan
    files: tuple[str, ...]


def collect_afar(workspace: Workspace, afar: Afar, now: Callable[[], float] = time) -> Unneeded:
    """Return what a remote keeps and nothing needs.

    Raises StorageError where a root cannot be read or git knows only a part of the history.
    """
    root = workspace.project.root
    if is_shallow(root):
        raise StorageError(
            "this clone does not have the whole history, so it cannot tell what other branches need",
            hint="git fetch --unshallow, then git fetch --all",
        )
    horizon = now() - YOUNG_DAYS * 86_400
    stock = {oid: item for item in afar.items("objects") if (oid := _object(item.name))}
    runs = [(item, _outputs(afar.read(item.name))) for item in afar.items("runs")]

    def listing(oid: ObjectId, head: bytes) -> bytes | None:
        if workspace.store.has(oid):
            return workspace.store.peek(oid, head)
        return afar.listing(oid, head) if oid in stock else None

    kept: dict[ObjectId, str] = {}
    for why, roots in _roots(workspace, stock, runs, horizon):
        for oid in reach(roots - kept.keys(), listing):
            kept.setdefault(oid, why)
    gone = [item for oid, item in stock.items() if oid not in kept]
    dropped = [
        item.name
        for item, outputs in runs
        if item.written <= horizon and outputs is not None and not outputs <= kept.keys() & stock.keys()
    ]
    stays = [
        Stay(why, len(some), sum(stock[oid].size for oid in some))
        for why in dict.fromkeys(kept.values())
        if (some := [oid for oid in stock if kept.get(oid) == why])
    ]
    plan = Plan(
        tuple(oid for oid in stock if oid not in kept),
        sum(item.size for item in gone),
        min((item.written for item in gone), default=None),
        len(dropped),
        tuple(stays),
        (str(root),),
    )
    return Unneeded(plan, (*dropped, *(item.name for item in gone)))


def _roots(
    workspace: Workspace,
    stock: dict[ObjectId, Item],
    runs: list[tuple[Item, set[ObjectId] | None]],
    horizon: float,
) -> Iterator[tuple[str, set[ObjectId]]]:
    root = workspace.project.root
    yield "work tree", work_tree_roots(root)
    yield "git", git_roots(root)
    young = {oid for oid, item in stock.items() if item.written > horizon}
    # The listings among them were sent after what they name, which may have been there for long.
    yield "young", young.union(*(outputs for item, outputs in runs if outputs and item.written > horizon))


def _object(name: str) -> ObjectId | None:
    text = name.removeprefix("objects/")
    oid = text.replace("/", "", 1)
    return ObjectId(oid) if is_object_id(oid) and text[2:3] == "/" else None


def _outputs(data: bytes | None) -> set[ObjectId] | None:
    """Return the results that a record of a run names, whoever wrote it; None for what is no such record."""
    try:
        body = read_mapping(orjson.loads((data or b"").partition(b"\n")[2]))
        return {ObjectId(str(row["digest"])) for row in read_mapping(body["outputs"]).values()}
    except (ValueError, KeyError, TypeError):
        return None
