"""The life of a watch, with an executor that only writes what it is told and without the system's events."""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pivot.errors import PipelineFailed, UsageError
from pivot.events import Notice, RunFinished
from pivot.execute.executor import Failure
from pivot.options import Options
from pivot.project import discover
from pivot.watch import field
from pivot.watch.echoes import PAUSES
from pivot.watch.loop import Watch
from pivot.watch.messages import Changed, Go, Message, Quit
from pivot.watch.news import Idle, News, NothingToRun, PlanFailed, Woken

type Action = Callable[[], Message]


class Deaf:
    """Stands in for the system's events: the tests post what they say happened."""

    def __init__(self, *_: object) -> None:
        pass

    def watch(self, directories: Any) -> bool:
        list(directories)
        return False

    def close(self) -> None:
        pass


class Story:
    """A watch that is sent the next message of a list whenever nothing else is waiting."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.news: list[News] = []
        self.post: Callable[[Message], None] = lambda _: None

    def tell(self, *actions: Action, options: Options | None = None, **settings: Any) -> list[News]:
        """Watch until all actions were done, and return all news."""
        waiting = list(actions)
        bench = self.bench

        def make(workspace: Any) -> Any:
            return lambda jobs: bench.executor(bench)

        watch = Watch(
            discover(bench.root), options or Options(), bench.open, make, self.news.append, debounce=1, **settings
        )

        def next_message() -> Message:
            return waiting.pop(0)() if waiting else Quit()

        self.post = watch.post
        watch._messages = Script(next_message, watch._messages, watch._field.git_is_busy)
        watch.run()
        return self.news

    def changed(self, *names: str) -> Changed:
        return Changed(frozenset(str(self.bench.root / name) for name in names))

    def edit(self, name: str, old: str, new: str) -> Action:
        def action() -> Message:
            self.bench.edit(name, old, new)
            return self.changed(name)

        return action

    def told(self, kind: type) -> list[Any]:
        return [one for one in self.news if isinstance(one, kind)]


class Script:
    """A queue whose next message is made when it is asked for."""

    def __init__(self, following: Callable[[], Message], messages: Any, patient: Callable[[], bool]) -> None:
        self._following = following
        self._queue = messages
        self._patient = patient

    def get(self, timeout: float | None = None) -> Message:
        if not self._queue.empty():
            return self._queue.get()
        if timeout is not None and not self._patient():
            raise queue.Empty  # nothing more comes while it only takes a breath
        return self._following()

    def empty(self) -> bool:
        return bool(self._queue.empty())

    def put(self, message: Message) -> None:
        self._queue.put(message)


@pytest.fixture
def story(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    monkeypatch.setattr(field, "Files", Deaf)
    return Story(bench)


def test_an_edit_runs_what_it_affects_and_a_comment_nothing(story: Story) -> None:
    story.bench.writes = lambda order: f"{order.stage} {len(story.bench.ran)}"
    story.tell(
        story.edit("helpers.py", "return 1", "return 2"),
        story.edit("helpers.py", "return 2", "return 2  # two"),
    )
    assert story.bench.ran == ["clean", "total", "total"]
    _, woken = story.told(Woken)
    assert woken.changed == ("helpers.py",) and [one.stage for one in woken.decisions] == ["total"]
    (nothing,) = story.told(NothingToRun)
    assert nothing.changed == ("helpers.py",) and nothing.stages == 2


def test_what_does_not_concern_it_does_not_even_wake(story: Story) -> None:
    story.tell(lambda: story.changed("notes.txt", ".git/index", "helpers.py~"))
    assert len(story.told(Idle)) == 1


def test_its_own_outputs_make_no_noise(story: Story) -> None:
    story.tell(lambda: story.changed("clean.json", "total.json", ".pivot/stages/clean.lock"))
    assert len(story.told(Idle)) == 1 and not story.told(NothingToRun)


def test_an_output_that_somebody_removed_is_given_back(story: Story) -> None:
    def remove() -> Message:
        (story.bench.root / "total.json").unlink()
        return story.changed("total.json")

    story.tell(remove)
    assert (story.bench.root / "total.json").exists() and story.bench.ran == ["clean", "total"]


def test_an_error_in_the_code_waits_for_the_next_edit(story: Story) -> None:
    story.tell(
        story.edit("helpers.py", "return 1", "return ("),
        story.edit("helpers.py", "return (", "return 3"),
    )
    (failed,) = story.told(PlanFailed)
    assert isinstance(failed.error, PipelineFailed) and failed.error.file == "helpers.py" and failed.error.line
    assert story.bench.ran == ["clean", "total", "total"]


class FakeWarmth:
    """Counts how often it was to have processes ready; says what the test says."""

    def __init__(self, *notices: str | None) -> None:
        self.notice: str | None = None
        self.prepared = 0
        self._notices = list(notices)

    def prepare(self, packages: Any, pipeline: object) -> None:
        self.prepared += 1
        self.notice = self._notices.pop(0) if self._notices else None

    def forget(self) -> None:
        """Nothing is kept."""


def test_processes_are_ready_again_after_an_error(story: Story) -> None:
    warmth = FakeWarmth()
    story.tell(story.edit("helpers.py", "return 1", "return ("), warm=warmth)
    assert story.told(PlanFailed) and warmth.prepared == 2


def test_how_processes_are_started_is_told_when_it_changes(story: Story) -> None:
    warmth = FakeWarmth("anew", "anew", None, "anew", "anew, too")
    story.tell(*[Go] * 4, warm=warmth)
    assert [one.text for one in story.told(Notice)] == ["anew", "anew", "anew, too"]


def test_during_a_run_the_plan_is_known_to_others(story: Story) -> None:
    edited = []

    def look() -> None:
        with story.bench.open() as workspace:
            workspace.manifest()
            edited.append(workspace.edited)

    story.bench.repro()
    story.bench.during["total"] = look
    story.tell(story.edit("helpers.py", "return 1", "return 2"))
    assert edited == [False]


def test_an_error_is_told_once(story: Story) -> None:
    story.bench.write(helpers__py="def (")
    story.tell(lambda: Changed(frozenset()), lambda: story.changed("helpers.py"))
    assert [failed.changed for failed in story.told(PlanFailed)] == [(), ("helpers.py",)]


def test_it_may_begin_with_an_error(story: Story) -> None:
    story.bench.write(helpers__py="def (")
    story.tell(story.edit("helpers.py", "def (", "def tidy(x): return x\ndef add(x): return 1"))
    assert story.told(PlanFailed) and story.bench.ran == ["clean", "total"]


def test_an_error_may_be_mended_by_a_new_file_anywhere(story: Story) -> None:
    story.bench.edit("pipeline.py", "import helpers", "import helpers\nimport lib.more")

    def add() -> Message:
        (story.bench.root / "lib").mkdir()
        (story.bench.root / "lib" / "more.py").touch()
        return story.changed("lib")

    story.tell(add)
    assert story.bench.ran == ["clean", "total"]


def test_an_unknown_stage_ends_it_at_the_start_alone(story: Story) -> None:
    with pytest.raises(UsageError):
        story.tell(options=Options(("nope",)))
    story.news.clear()
    story.tell(story.edit("pipeline.py", "pipeline.register(total)", ""), options=Options(("total",)))
    assert isinstance(story.told(PlanFailed)[0].error, UsageError)


def test_a_stage_that_fails_waits_and_its_own_files_do_not_wake_it(story: Story) -> None:
    story.bench.failures["total"] = Failure("raised", "no")

    def mend() -> Message:
        story.bench.failures.clear()
        story.bench.write(raw__json="[]")
        return story.changed("raw.json")

    story.tell(lambda: story.changed("clean.json", "total.json"), mend)
    assert story.bench.ran == ["clean", "total", "clean", "total"]
    assert [idle.failed for idle in story.told(Idle)] == [("total",), ()]


def test_an_output_removed_while_a_stage_failed_for_lack_of_it_is_given_back(story: Story) -> None:
    story.bench.failures["total"] = Failure("declaration", "the input clean.json does not exist")

    def remove() -> Message:
        story.bench.failures.clear()
        (story.bench.root / "clean.json").unlink()
        return story.changed("clean.json")

    story.tell(remove)
    assert story.bench.ran == ["clean", "total", "total"] and story.told(Idle)[-1].failed == ()


def test_what_happens_to_an_output_while_stages_run_is_looked_at_after_it(story: Story) -> None:
    def remove() -> None:
        story.bench.during.clear()
        (story.bench.root / "clean.json").unlink()
        story.post(story.changed("clean.json"))

    story.bench.during["total"] = remove
    story.bench.failures["total"] = Failure("raised", "no clean.json")
    story.tell()
    assert (story.bench.root / "clean.json").exists()


def test_a_stage_that_fails_and_removes_what_it_reads_does_not_run_for_ever(story: Story) -> None:
    def remove() -> None:
        (story.bench.root / "clean.json").unlink()
        story.post(story.changed("clean.json"))

    story.bench.during["total"] = remove
    story.bench.failures["total"] = Failure("raised", "no")
    story.tell()
    assert story.bench.ran.count("total") == 2 + len(PAUSES)
    assert any("whenever the stage runs" in one.text for one in story.told(Notice))


def test_a_look_for_nothing_in_particular_does_not_run_what_failed(story: Story) -> None:
    story.bench.failures["total"] = Failure("raised", "no")
    story.tell(lambda: Changed(frozenset()))
    assert story.bench.ran == ["clean", "total"] and len(story.told(Idle)) == 1


def test_asked_to_run_it_says_so_even_if_nothing_must(story: Story) -> None:
    story.tell(Go)
    assert story.told(NothingToRun)[0].changed == ()
    story.tell(lambda: Go(force=True))
    assert story.bench.ran == ["clean", "total", "clean", "total"]
    story.tell(lambda: Go(("clean",), force=True))
    assert story.bench.ran[-1] == "clean"


def test_force_is_for_the_first_run_alone(story: Story) -> None:
    story.bench.repro()
    story.bench.ran.clear()
    story.tell(story.edit("helpers.py", "return 1", "return 1 #"), options=Options(force=True))
    assert story.bench.ran == ["clean", "total"] and len(story.told(NothingToRun)) == 1


def test_what_came_during_a_run_is_dealt_with_after_it(story: Story) -> None:
    story.bench.during["total"] = story.bench.during.clear
    story.tell(lambda: Go(force=True))
    assert [run.done for run in story.told(RunFinished)] == [2, 2]


def test_a_stage_that_changes_what_it_reads_does_not_run_for_ever(story: Story) -> None:
    story.bench.repro()
    story.bench.failures["total"] = Failure("changed", "helpers.py changed")
    story.bench.edit("helpers.py", "return 1", "return 2")
    again = [lambda: story.changed("helpers.py")] * 8
    story.tell(*again)
    once = 1 + len(PAUSES)
    assert story.bench.ran.count("total") == 1 + 2 * once  # the file is named only after it was given up once
    assert len([one for one in story.told(Notice) if "whenever the stage runs" in one.text]) == 2


def test_an_edit_after_many_disturbed_runs_is_not_taken_for_an_echo(story: Story) -> None:
    story.bench.repro()
    story.bench.failures["total"] = Failure("changed", "helpers.py changed")

    def mend() -> Message:
        story.bench.failures.clear()
        return story.edit("raw.json", "{", " {")()

    story.tell(story.edit("helpers.py", "return 1", "return 2"), lambda: story.changed("helpers.py"), mend)
    assert story.told(RunFinished)[-1].done == 2


def test_git_at_work_is_waited_for(story: Story) -> None:
    lock = story.bench.root / ".git" / "index.lock"

    def begin() -> Message:
        lock.parent.mkdir()
        lock.touch()
        story.bench.edit("helpers.py", "return 1", "return 2")
        return story.changed("helpers.py")

    def end() -> Message:
        story.bench.edit("helpers.py", "return 2", "return 4")
        lock.unlink()
        return story.changed("helpers.py")

    story.tell(begin, end)
    assert story.bench.ran == ["clean", "total", "total"]


def test_a_pipeline_that_is_taken_away_and_put_back(story: Story) -> None:
    text = (story.bench.root / "pipeline.py").read_text()

    def remove() -> Message:
        (story.bench.root / "pipeline.py").unlink()
        return story.changed("pipeline.py")

    def put_back() -> Message:
        story.bench.write(pipeline__py=text)
        return story.changed("pipeline.py")

    story.tell(remove, put_back)
    assert story.told(PlanFailed) and story.bench.ran == ["clean", "total"]
    assert isinstance(story.news[-1], Idle)
