"""The name that a mistyped one was probably meant to be.

Used wherever an error lists known names; nothing is ever corrected silently.
"""

from collections.abc import Iterable

_MOST = 20  # names in a hint


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to ``name``, None if none is near."""
    from difflib import get_close_matches  # 5 ms: paid only once something is wrong

    found = get_close_matches(name, known, n=1)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint for a mistyped name: the nearest known one, else the known ones (None where there are none)."""
    names = sorted(known)
    if close := closest(name, names):
        return f"did you mean {close}?"
    more = f", … ({len(names)} in all)" if len(names) > _MOST else ""
    return f"known: {', '.join(names[:_MOST])}{more}" if names else None
