import os
import pty
import queue
import sys
import termios
from collections.abc import Iterator

import pytest

from pivot.watch.messages import Go, Message, Quit
from pivot_cli.keys import reading_keys


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The far end of a terminal that is this process's standard input."""
    mine, its = pty.openpty()
    with open(its, "rb", buffering=0) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
        yield mine
    os.close(mine)


def test_keys_are_messages_and_the_terminal_is_put_back(keyboard: int) -> None:
    messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
    before = termios.tcgetattr(sys.stdin.fileno())
    with reading_keys(messages.put) as able:
        assert able
        assert not termios.tcgetattr(sys.stdin.fileno())[3] & termios.ICANON
        os.write(keyboard, b"rxfq")
        assert [messages.get(timeout=50) for _ in range(3)] == [Go(), Go(force=True), Quit()]
    assert termios.tcgetattr(sys.stdin.fileno()) == before


def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with reading_keys(lambda _: None) as able:
            assert not able


def test_in_the_background_the_terminal_is_left_alone(keyboard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: 0)
    with reading_keys(lambda _: None) as able:
        assert not able
