"""What an edit and its user do to a run under way."""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pivot.execute.executor import WorkOrder
from pivot.forecast import plan
from pivot.options import Options
from pivot.project import discover
from pivot.run import Run
from pivot.watch import field as watched
from pivot.watch.attendance import Attendance
from pivot.watch.field import Field
from pivot.watch.messages import Cancel, Changed, Go, Message, Quit
from pivot.watch.news import News, PlanFailed, Superseded


class Deaf:
    def __init__(self, *_: object) -> None:
        pass

    def watch(self, directories: Any) -> bool:
        return bool(list(directories)) and False


class Scene:
    """A run of both stages, of which ``clean`` is under way."""

    def __init__(self, bench: Any, cancel: bool = True) -> None:
        self.bench = bench
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.news: list[News] = []
        self.ended: list[str] = []
        self.workspace = bench.open()
        field = Field(discover(bench.root), lambda _: None, 1)
        options = Options()
        look, planned = plan(self.workspace, options)
        field.settle(self.workspace, look)
        self.attendance = Attendance(self.messages, field, bench.open, options, self.news.append, cancel)
        executor = bench.executor(bench)
        executor.cancel = self.ended.append
        self.run = Run(self.workspace, look, planned, options, lambda *_: executor, self.news.append)
        self.run.under_way.begin(planned.steps[0], WorkOrder("clean", "", "", (), (), None, ""))

    def hears(self, *messages: Message) -> None:
        for message in messages:
            self.messages.put(message)
        self.attendance.attend(self.run)

    def changed(self, *names: str) -> Changed:
        return Changed(frozenset(str(self.bench.root / name) for name in names))


@pytest.fixture
def scene(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Scene]]:
    monkeypatch.setattr(watched, "Files", Deaf)
    made: list[Scene] = []

    def make(**options: Any) -> Scene:
        made.append(Scene(bench, **options))
        return made[-1]

    yield make
    for one in made:
        one.workspace.__exit__()


def test_an_affected_stage_is_ended(scene: Any) -> None:
    one = scene()
    one.bench.edit("helpers.py", "return raw", "return dict(raw)")
    one.hears(one.changed("helpers.py"))
    assert one.ended == ["clean"] and one.run.superseded
    assert one.news == [Superseded(("helpers.py",), ("clean",), ())]
    assert one.attendance.later == [one.changed("helpers.py")]


def test_an_unaffected_one_goes_on_and_a_new_plan_follows(scene: Any) -> None:
    one = scene()
    one.bench.edit("helpers.py", "return 1", "return 2")
    one.hears(one.changed("helpers.py"))
    assert one.ended == [] and one.run.superseded
    assert one.news == [Superseded(("helpers.py",), (), ("clean",))]


def test_a_comment_changes_nothing(scene: Any) -> None:
    one = scene()
    one.bench.edit("helpers.py", "return raw", "return raw  # !")
    one.hears(one.changed("helpers.py"))
    assert not one.run.superseded and one.news == [] and one.attendance.later == []


def test_without_cancelling_all_may_finish(scene: Any) -> None:
    one = scene(cancel=False)
    one.bench.edit("helpers.py", "return raw", "return dict(raw)")
    one.hears(one.changed("helpers.py"))
    assert one.ended == [] and one.news == [Superseded(("helpers.py",), (), ("clean",))]


def test_code_that_cannot_be_read_ends_nothing(scene: Any) -> None:
    one = scene()
    one.bench.edit("helpers.py", "return raw", "return (")
    one.hears(one.changed("helpers.py"))
    assert not one.run.superseded and isinstance(one.news[0], PlanFailed)
    assert one.attendance.later == [one.changed("helpers.py")]


def test_what_may_have_been_missed_is_looked_for(scene: Any) -> None:
    one = scene()
    one.hears(Changed(frozenset()))
    assert not one.run.superseded
    one.bench.edit("helpers.py", "return raw", "return dict(raw)")
    one.hears(Changed(frozenset()))
    assert one.ended == ["clean"] and one.attendance.later == [Changed(frozenset())]


def test_its_user_ends_a_stage_or_all(scene: Any) -> None:
    one = scene()
    one.hears(Cancel("total"))
    assert one.ended == []
    one.hears(Cancel("clean"), Go())
    assert one.ended == ["clean"] and not one.run.superseded and one.attendance.later == [Go()]
    one.hears(Quit())
    assert one.run.superseded and one.ended == ["clean", "clean"] and one.attendance.later == [Go(), Quit()]
