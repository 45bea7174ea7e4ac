import typing

from pivot.watch.messages import Go, Message


def test_every_message_says_what_it_asks_for() -> None:
    for kind in typing.get_args(Message.__value__):
        assert kind.__doc__
    assert Go() == Go(None, False)
