"""The keys of a watch, on a terminal: ``r`` run again, ``f`` run even what is up to date, ``q`` quit.

Keys are read one by one by a thread; the terminal is put back as it was.
"""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pivot.watch.messages import Go, Message, Quit

KEYS: dict[bytes, Message] = {b"r": Go(), b"f": Go(force=True), b"q": Quit()}


@contextmanager
def reading_keys(post: Callable[[Message], None]) -> Iterator[bool]:
    """Post what the keys mean while the block lasts; yield whether there is a terminal to type on."""
    if not sys.stdin.isatty() or os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():  # or it is another program's
        yield False
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    over, end = os.pipe()
    reader = threading.Thread(target=_read, args=(terminal, over, post), name="pivot keys", daemon=True)
    tty.setcbreak(terminal)
    try:
        reader.start()
        yield True
    finally:
        os.close(end)
        reader.join()
        os.close(over)
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int, over: int, post: Callable[[Message], None]) -> None:
    while True:
        ready, _, _ = select.select([terminal, over], [], [])
        if over in ready:
            return
        try:
            key = os.read(terminal, 1)
        except OSError:
            key = b""
        if not key:  # the terminal is gone
            post(Quit())
            return
        message = KEYS.get(key)
        if message is not None:  # one without fields is an empty tuple
            post(message)
