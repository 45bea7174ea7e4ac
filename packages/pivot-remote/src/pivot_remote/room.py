"""Memory that several threads share: whoever wants some of it waits until it is free.

What is kept in it, and how much that takes, is known by ``upload``.
"""

from threading import Condition, Lock


class Room:
    """So many bytes. Each piece that is taken must be given back; none may be larger than all of it."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._turn = Lock()
        self._changed = Condition()

    def take(self, size: int) -> None:
        """Wait for so many bytes."""
        with self._turn, self._changed:  # in turns: many that want little would else keep out one that wants much
            self._changed.wait_for(lambda: self._free >= size)
            self._free -= size

    def give(self, size: int) -> None:
        """Give so many bytes back."""
        with self._changed:
            self._free += size
            self._changed.notify()
