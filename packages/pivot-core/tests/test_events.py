"""Events are facts with names, and nothing else."""

import typing

import orjson

from pivot.events import Event, RunFinished, StageDone, StageFailed
from pivot.execute.executor import Failure


def test_every_event_says_what_happened() -> None:
    for kind in typing.get_args(Event.__value__):
        assert kind.__doc__ and kind._fields


def test_events_are_plain_data() -> None:
    failed = StageFailed("a", Failure("raised", "ValueError: no"), 0.5, None)
    for event in (failed, StageDone("a", 0.1), RunFinished(1, 0, 0, 1, 0, 2.0)):
        assert orjson.loads(orjson.dumps(event._asdict(), default=tuple))
