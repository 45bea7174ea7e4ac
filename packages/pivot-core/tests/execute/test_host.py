"""The host's own protocol: what it answers to each message, spoken to directly."""

from pivot.execute import wire
from pivot.execute.wire import read_report, unpack


def test_it_tells_which_sources_it_compiled(coordinator) -> None:
    notice, sources = unpack(coordinator.wait(wire.READY, 0).payload)
    assert notice is None
    assert [file for file, _ in sources] == [str(coordinator.root / "pipeline.py")]


def test_an_order_begins_speaks_and_ends_in_that_order(coordinator) -> None:
    coordinator.order(7, "speak")
    ending, rest = coordinator.ending(7)
    heard = [frame for frame in coordinator.heard if frame.order == 7]
    first, *spoken, last = heard  # text arrives in one piece or in several
    assert (first.kind, {frame.kind for frame in spoken}, last.kind) == (wire.BEGAN, {wire.TEXT}, wire.ENDED)
    assert b"".join(frame.payload for frame in spoken) == b"hello\n"
    assert (ending.status, ending.why) == (0, wire.ITSELF)
    report = read_report(rest)
    assert report is not None and report.failure is None and report.sources == ()


def test_an_order_that_is_cancelled_before_it_begins_does_not(coordinator) -> None:
    coordinator.order(1, "quick")  # both are sent while the host imports
    coordinator.host.channel.send(wire.CANCEL, 1)
    ending, rest = coordinator.ending(1)
    assert (ending.why, rest) == (wire.CANCELLED, b"")
    assert wire.BEGAN not in [frame.kind for frame in coordinator.heard]


def test_cancelling_what_is_not_there_does_nothing(coordinator) -> None:
    coordinator.host.channel.send(wire.CANCEL, 99)
    coordinator.order(1, "quick")
    assert coordinator.ending(1)[0].why == wire.ITSELF


def test_many_orders_at_once_each_get_their_own_answer(coordinator) -> None:
    for number in range(1, 41):
        coordinator.order(number, "speak", log=f"{coordinator.root}/{number}.log")
    for number in range(1, 41):
        assert coordinator.ending(number)[0].status == 0
        assert (coordinator.root / f"{number}.log").read_text() == "hello\n"
