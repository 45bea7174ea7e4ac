"""What a push relies on without having sent it: objects that are at the remote already, perhaps for long.

A garbage collection of the remote may not know who needs them yet: the records that do are committed after the push, if
not later. It leaves alone what was written there of late, and all that a listing names which was. So a push that finds
old objects says that it needs them with a listing of its own. That is an object as any other, and old itself one day.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from pivot_cache import CacheError, Content, Store, TreeEntry, tree_bytes
from pivot_remote.errors import RemoteError

OLD: Final = 7 * 86_400
"""Seconds after which an object is old: half of what a collection leaves alone, so that a week is left to commit."""


def rely(contents: Iterable[Content], target: Store, now: Callable[[], float] = time.time) -> None:
    """Keep a listing of the contents, another one each week.

    Who may not write to the remote relies on others for it, so whatever goes wrong is no failure of a push.
    """
    week = int(now() / OLD)
    entries = {
        (kind, digest): TreeEntry(f"{week} {kind} {digest}", kind, digest, size) for kind, digest, size in contents
    }
    if entries:
        with suppress(RemoteError, CacheError, OSError):
            target.add_bytes(tree_bytes(entries.values()))
