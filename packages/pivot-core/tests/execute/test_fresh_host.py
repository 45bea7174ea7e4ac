"""A host that was just started, before anybody talks to it."""

import os
from collections.abc import Sequence

import pytest

from pivot.execute.fresh_host import FreshHost


def close(fresh: FreshHost) -> None:
    for one in (fresh.commands, fresh.events, fresh.held, fresh.printed):
        os.close(one)


def test_it_ends_when_the_pipe_to_it_is_closed() -> None:
    fresh = FreshHost()
    close(fresh)
    assert os.waitstatus_to_exitcode(os.waitpid(fresh.pid, 0)[1]) == 0


def test_nothing_is_left_open_where_no_process_can_be_started() -> None:
    class Full:
        def start(self, code: str, descriptors: Sequence[int], *, session: bool) -> int:
            raise OSError(11, "Resource temporarily unavailable")

        def give_up(self, why: str) -> None: ...

    before = os.listdir("/dev/fd")
    with pytest.raises(OSError, match="Resource"):
        FreshHost(Full())
    assert os.listdir("/dev/fd") == before
