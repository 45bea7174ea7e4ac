"""The stamp of a file: what the system says about it, packed, so that two looks can be compared without reading it.

A stamp is believed only if the file was already clearly older than the look (``is_settled``): a file that is written
twice within one tick of the clock keeps its stamp, and git calls such an entry racy. Used by scans and by the store's
marks.
"""

import os
import struct
import time
from collections.abc import Callable
from typing import Final

RACY_NS: Final = 2_000_000_000
"""How much older than a look a file has to be for the look to be remembered: 2 s, coarser than any file system's
clock."""

STAMP: Final = struct.Struct("<IQqqQQ")  # mode, size, mtime, ctime (ns), inode, device
STAMP_SIZE: Final = STAMP.size

DISTRUST: Final = "distrust"
"""The space of a state whose one value, under an empty key, is another whenever stamps turned out to prove nothing."""

_FIRST_NS: Final = -(1 << 63)
_LAST_NS: Final = (1 << 63) - 1

type Clock = Callable[[], int]
"""Returns nanoseconds since the epoch, on the clock that the file systems use too."""

clock: Final[Clock] = time.time_ns


def stamp(status: os.stat_result) -> bytes:
    """Return the packed stamp: mode, size, mtime, ctime, inode, device."""
    try:
        return STAMP.pack(
            status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )
    except struct.error:  # A file may claim to be from after 2262 or before 1677, and 64 bits end there.
        times = [max(_FIRST_NS, min(at, _LAST_NS)) for at in (status.st_mtime_ns, status.st_ctime_ns)]
        return STAMP.pack(status.st_mode, status.st_size, *times, status.st_ino, status.st_dev)


def is_settled(status: os.stat_result, now: int) -> bool:
    """Say whether a file of this status cannot change after ``now`` (ns) and keep its stamp."""
    horizon = now - RACY_NS
    return status.st_ctime_ns <= horizon and status.st_mtime_ns <= horizon
