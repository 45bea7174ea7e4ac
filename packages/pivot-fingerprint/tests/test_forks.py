"""Processes of one family keep the same dicts, whoever of them ends how."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from pivot_fingerprint.forks import Forks

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="there is no anonymous file to share"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


class Seen:
    """What somebody saw."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {"before": None}
        self.calls: dict[tuple[str, int], tuple[str | None, int]] = {}


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def forks(seen: Seen) -> Iterator[Forks]:
    found = Forks([(seen, "files"), (seen, "calls")])
    found.start()
    yield found
    found.stop()


def in_child(work: Callable[[], object]) -> None:
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_what_a_child_sees_is_there_afterwards(seen: Seen, forks: Forks) -> None:
    def work() -> None:
        seen.files["caf\udce9"] = None
        seen.calls["f", 1] = ("m", 2)
        seen.files.setdefault("asked", None)

    in_child(work)
    forks.stop()
    assert seen.files == {"before": None, "caf\udce9": None, "asked": None}
    assert seen.calls == {("f", 1): ("m", 2)}
    assert type(seen.files) is dict


def test_a_killed_child_and_its_own_child_count(seen: Seen, forks: Forks) -> None:
    def work() -> None:
        in_child(lambda: seen.files.setdefault("grandchild"))
        seen.files["child"] = None
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(work)
    forks.catch_up()
    assert seen.files.keys() == {"before", "grandchild", "child"}


def test_a_child_learns_from_its_sibling_and_its_parent(seen: Seen, forks: Forks) -> None:
    in_child(lambda: seen.files.setdefault("sibling"))
    seen.files["parent"] = None

    def work() -> None:
        forks.catch_up()
        seen.files[f"knows {sorted(seen.files)}"] = None

    in_child(work)
    forks.catch_up()
    assert "knows ['before', 'parent', 'sibling']" in seen.files


def test_nothing_is_lost_when_many_write_at_once(seen: Seen, forks: Forks) -> None:
    begin, go = os.pipe()
    children = []
    for number in range(4):
        pid = os.fork()
        if not pid:
            os.close(go)
            os.read(begin, 1)  # returns when the parent closes its end
            for note in range(500):
                seen.files[f"{number} {note}"] = None
                if note % 10 == 0:
                    forks.catch_up()
            os._exit(0)
        children.append(pid)
    os.close(go)
    for pid in children:
        os.waitpid(pid, 0)
    os.close(begin)
    forks.catch_up()
    assert len(seen.files) == 1 + 4 * 500


def test_a_process_that_begins_a_family_of_its_own_leaves_the_other(seen: Seen, forks: Forks) -> None:
    def work() -> None:
        forks.start()
        in_child(lambda: seen.files.setdefault("mine"))
        forks.catch_up()
        os._exit(0 if "mine" in seen.files else 1)

    pid = os.fork()
    if not pid:
        work()
    assert os.waitpid(pid, 0)[1] == 0
    forks.catch_up()
    assert seen.files.keys() == {"before"}


def test_a_child_that_closes_and_opens_descriptors_harms_nothing(seen: Seen, forks: Forks) -> None:
    receiver, sender = os.pipe()

    def work() -> None:
        other = os.dup(sender)
        os.closerange(3, other)
        os.closerange(other + 1, 100)
        for number in range(3, other):
            os.dup2(other, number)
        seen.files["lost"] = None

    in_child(work)
    os.close(sender)
    with open(receiver, "rb") as stream:
        assert stream.read() == b""
    forks.catch_up()
    assert seen.files.keys() == {"before"}


def test_without_a_fork_there_is_no_file(seen: Seen, forks: Forks) -> None:
    forks.catch_up()
    seen.files["mine"] = None
    assert type(seen.files) is dict


def test_a_process_that_was_started_anew_joins_in(seen: Seen, forks: Forks) -> None:
    place = forks.place()
    assert place is not None
    receiver, sender = os.pipe()
    pid = os.fork()
    if not pid:
        forks.stop()  # as if it had never been
        other = Seen()
        Forks([(other, "files"), (other, "calls")]).join(place)
        other.files["anew"] = None
        os.write(sender, b"done")
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(receiver, 4) == b"done"
    os.close(receiver)
    os.close(sender)
    forks.catch_up()
    assert seen.files == {"before": None, "anew": None}
