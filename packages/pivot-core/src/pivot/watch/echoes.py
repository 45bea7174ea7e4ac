"""Whether files change because stages run, so that to run these again would never end. Pure; the times are given.

A run that a change at the wrong moment disturbed is made again: at once a few times, then once more after a rest. If
that is disturbed as well, a stage changes what it reads itself, and only an edit that is not one of its own helps.
"""

from math import inf

PAUSES = (0.0, 0.0, 0.0, 2.0)  # seconds before the run after one that was disturbed, after two in a row, and so on
ECHO = 2.0  # seconds after a run in which a change may come from the run


class Echoes:
    """Keeps in mind how often runs were disturbed in a row, and what changed with them."""

    def __init__(self) -> None:
        self._disturbed = 0
        self._changed: frozenset[str] = frozenset()
        self._ended = -inf

    @property
    def given_up(self) -> bool:
        """Whether another run would be disturbed as well."""
        return self._disturbed > len(PAUSES)

    def ended(self, now: float, *, disturbed: bool) -> float | None:
        """Hear that a run ended; return the seconds to wait before the next one, None if none is due."""
        self._ended = now
        if not disturbed:
            self._disturbed, self._changed = 0, frozenset()
            return None
        self._disturbed += 1
        return None if self.given_up else PAUSES[self._disturbed - 1]

    def is_one(self, changed: frozenset[str], now: float) -> bool:
        """Return whether a change is no edit, but what the runs before left behind: nobody needs to look for it."""
        late = now > self._ended + ECHO
        if late or not changed <= self._changed:
            self._changed = changed if late else self._changed | changed
            self._disturbed = 0
            return False
        return self._disturbed >= len(PAUSES)
