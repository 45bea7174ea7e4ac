"""The coordinator's half of the server; both halves together are told in ``test_nursery`` and ``test_warm``."""

import socket

import pytest

from pivot.execute import interpreter
from pivot.execute.nursery_process import NurseryProcess, Spare


def test_without_a_process_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(interpreter, "start", refuse)
    with pytest.raises(OSError, match="Resource"):
        NurseryProcess("here")


def test_a_spare_that_is_gone_says_so() -> None:
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    its.close()
    with pytest.raises(OSError):
        Spare(0, mine).become("pass", [], session=False)
    assert mine.fileno() == -1
