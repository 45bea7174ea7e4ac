"""Which names belong to git: what stands there may be executed, so that no data may have such a name.

The rule is git's own, for the file systems of Linux, macOS and Windows alike: data moves from one to the other.
"""

from collections.abc import Sequence
from typing import Final

_IGNORED: Final = dict.fromkeys((*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))
"""The code points that HFS+ ignores in names."""
_NAMES: Final = (".git", "git~1")  # the second is the first on a file system with short names


def is_repository(name: str) -> bool:
    """Say whether some file system takes the name for ``.git``: whatever its case, with ignored code points in it, with
    spaces and dots or a stream's name after it, or in the short form."""
    plain = name.translate(_IGNORED).casefold()
    if not plain.startswith(_NAMES):
        return False
    rest = plain[4 if plain.startswith(".") else 5 :].lstrip(" .")
    return not rest or rest.startswith((":", "\\"))


def find_repository(names: Sequence[str]) -> str | None:
    """Return the name among these that belongs to git."""
    joined = "\0".join(names)
    if not joined.isascii():
        joined = joined.translate(_IGNORED)
    joined = joined.casefold()
    if all(name not in joined for name in _NAMES):  # much faster than to look at each
        return None
    return next((name for name in names if is_repository(name)), None)
