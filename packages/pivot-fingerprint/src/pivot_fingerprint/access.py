"""What is at a path, as one digest: the content of a file, or the names in a directory.

Used to compare what was read once with what is there now. ``auditing`` finds out what is read.
"""

import os
import stat

import blake3

UNLISTED = frozenset({".git", ".pivot", "__pycache__"})


def file_digest(path: str) -> str | None:
    """BLAKE3 hex of a regular file, None for anything else."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        return blake3.blake3().update_mmap(path).hexdigest()
    except OSError:
        return None


def listing_digest(path: str) -> str | None:
    """BLAKE3 hex of the names in a directory, None if there is none.

    ``.git``, ``.pivot`` and ``__pycache__`` do not count.
    """
    try:
        names = sorted(os.fsencode(name) for name in os.listdir(path) if name not in UNLISTED)
    except OSError:
        return None
    return blake3.blake3(b"pivot listing\0" + b"".join(name + b"\0" for name in names)).hexdigest()
