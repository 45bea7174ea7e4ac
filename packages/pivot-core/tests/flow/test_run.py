"""A run beside other processes, edits while it is under way, refusing disks; and what is recorded together."""

import errno
import os
import shutil
from typing import Any

import pytest

from pivot.events import Notice, StageFailed
from pivot.execute.executor import Failure
from pivot_cache import FileLock, LocalStore


def test_an_input_edited_during_the_run_is_not_recorded(bench) -> None:
    bench.during["clean"] = lambda: bench.write(raw__json='{"new": 1}')
    summary = bench.repro()
    assert summary.failures["clean"].kind == "changed"
    bench.during.clear()
    assert bench.repro().actions == {"clean": "run", "total": "run"}


def test_code_edited_before_it_was_loaded_is_not_recorded(bench) -> None:
    bench.sources["clean"] = ((str(bench.root / "helpers.py"), "0" * 64),)
    summary = bench.repro()
    assert summary.failures["clean"].kind == "changed" and "helpers.py" in summary.failures["clean"].problem


def test_a_failed_stage_says_where_its_log_is(bench) -> None:
    bench.failures["clean"] = Failure("raised", "ValueError: no")
    bench.repro()
    (failed,) = [event for event in bench.events if isinstance(event, StageFailed)]
    assert failed.log is not None and failed.log.endswith(".pivot/logs/clean.log")


def test_another_process_at_work_is_waited_for(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    (bench.root / ".pivot/locks").mkdir(exist_ok=True)
    other = FileLock(bench.root / ".pivot/locks/total")
    assert other.try_lock()
    said: list[str] = []

    class Listening(list):
        def append(self, event: object) -> None:
            if isinstance(event, Notice):
                said.append(event.text)
                other.unlock()

    bench.events = Listening()
    assert bench.repro().actions == {"clean": "skip", "total": "run"}
    assert said == ["waiting for another pivot, which is at work on total"]


@pytest.mark.parametrize("name", ["locks", "logs"])
def test_a_link_that_is_put_on_the_way_meanwhile_leads_nowhere(bench, name: str) -> None:
    def exchange() -> None:
        outside.mkdir()
        shutil.rmtree(directory)
        directory.symlink_to(outside)

    directory, outside = bench.root / ".pivot" / name, bench.root / "outside"
    bench.during["clean"] = exchange
    failure = bench.repro().failures["total"]
    assert failure.kind == "storage" and f".pivot/{name} is a symbolic link" in failure.problem
    assert not any(outside.iterdir())


def test_a_log_is_not_worth_a_run(bench) -> None:
    (bench.root / ".pivot").mkdir()
    (bench.root / ".pivot/logs").write_text("in its place")
    assert bench.repro().actions == {"clean": "run", "total": "run"}


def test_the_store_is_held_from_the_first_thing_that_is_done(bench) -> None:
    def look() -> None:
        held.append(not LocalStore(bench.root / ".pivot/cache").lock().try_lock())

    held: list[bool] = []
    bench.during["clean"] = look
    bench.repro()
    assert held == [True]
    lock = LocalStore(bench.root / ".pivot/cache").lock()
    assert lock.try_lock()  # and let go afterwards
    bench.repro()  # nothing to do needs nothing
    lock.unlock()


def test_whoever_removes_objects_is_waited_for(bench, monkeypatch) -> None:
    lock = LocalStore(bench.root / ".pivot/cache").lock()
    assert lock.try_lock()
    waiting = LocalStore.hold

    def hold(store: LocalStore, *, wait: bool = True) -> bool:
        held = waiting(store, wait=wait)
        lock.unlock()
        return held

    monkeypatch.setattr(LocalStore, "hold", hold)
    summary = bench.repro(lock_timeout=0.0)
    assert summary.failures["clean"].problem == "another pivot removes objects from the cache"
    assert lock.try_lock()
    bench.repro()
    assert bench.ran == ["clean", "total"]
    assert "waiting for another pivot, which removes objects from the cache" in [
        event.text for event in bench.events if isinstance(event, Notice)
    ]


def test_who_does_not_want_to_wait_fails_and_says_for_whom(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    (bench.root / ".pivot/locks").mkdir(exist_ok=True)
    with FileLock(bench.root / ".pivot/locks/clean"):
        for limit in (0.0, 0.01):
            summary = bench.repro(lock_timeout=limit)
            assert summary.actions == {"clean": "skip", "total": "failed"}
            assert summary.failures["total"].kind == "busy"
            assert summary.failures["total"].problem == "another pivot is at work on clean"
    assert bench.repro(lock_timeout=0.0).actions == {"clean": "skip", "total": "run"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir"])
def test_a_disk_that_refuses_fails_the_stage_at_hand(bench, monkeypatch, call: str, number: int) -> None:
    bench.repro("clean")
    bench.edit("helpers.py", "return 1", "return 2")
    real = getattr(os, call)

    def refuse() -> None:
        def refusing(place: object, *rest: object) -> object:
            if ".pivot/" in (os.readlink(f"/proc/self/fd/{place}") if isinstance(place, int) else str(place)):
                raise OSError(number, os.strerror(number), place)
            return real(place, *rest)

        monkeypatch.setattr(os, call, refusing)

    bench.during["total"] = refuse
    summary = bench.repro()
    assert summary.actions == {"clean": "skip", "total": "failed"}
    failure = summary.failures["total"]
    assert failure.kind == "storage" and os.strerror(number).lower() in failure.problem
    (told,) = [event for event in bench.events if isinstance(event, StageFailed)]
    assert told.log is None  # nothing that the stage printed explains it
    monkeypatch.undo()
    bench.during.clear()
    assert bench.repro().actions == {"clean": "skip", "total": "run"}


def test_a_damaged_object_is_made_again(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    bench.writes = lambda order: f"made anew by {order.stage}"
    bench.repro()
    bench.edit("helpers.py", "return dict(raw)", "return raw")
    (damaged,) = [path for path in bench.root.glob(".pivot/cache/objects/*/*") if path.read_text() == "made by clean"]
    damaged.chmod(0o644)
    damaged.write_text("Made by clean")
    bench.writes = lambda order: f"made by {order.stage}"
    assert bench.repro().actions == {"clean": "run", "total": "restore"}
    assert damaged.read_text() == "made by clean"
    (said,) = [event.text for event in bench.events if isinstance(event, Notice)]
    assert "it cannot be given back, so it runs: object" in said and "quarantine" in said


def test_an_object_that_cannot_be_set_aside_is_not_tried_for_ever(bench, monkeypatch) -> None:
    bench.repro()
    (bench.root / "clean.json").unlink()
    monkeypatch.setattr("pivot_cache.objects.hash_bytes", lambda data: "0" * 64)
    monkeypatch.setattr("pivot_cache.objects.Objects.quarantine", lambda self, oid: None)
    summary = bench.repro()
    assert summary.failures["clean"].kind == "storage"


# Recorded together ----------------------------------------------------------------------------------------------------

FIVE = """
import pivot
from typing import Annotated

pipeline = pivot.Pipeline("p")
for number in range(5):
    def one() -> Annotated[str, pivot.Out("x", pivot.loaders.Text())]:
        return ""
    pipeline.register(one, name=f"s{number}", outs=f"{number}.txt")
"""


@pytest.fixture
def rounds(bench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many outputs each round of keeping had."""
    counts: list[int] = []
    save_all = LocalStore.save_all

    def counted(store: LocalStore, items: Any, **more: Any) -> Any:
        counts.append(len(items))
        return save_all(store, items, **more)

    monkeypatch.setattr(LocalStore, "save_all", counted)
    monkeypatch.setattr("pivot.recorder.LONGEST", 1000)
    bench.write(pipeline__py=FIVE)
    return counts


def locked(bench) -> list[str]:
    return sorted(path.stem for path in (bench.root / ".pivot/stages").glob("*.lock"))


def test_stages_that_end_close_together_are_recorded_together(bench, rounds) -> None:
    assert set(bench.repro().actions.values()) == {"run"}
    assert rounds == [4, 1]  # with nothing left to start, the last one is not waited for
    assert locked(bench) == ["s0", "s1", "s2", "s3", "s4"]
    assert set(bench.repro().actions.values()) == {"skip"}


def test_others_go_on_while_the_disk_is_waited_for(bench, rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = LocalStore.save_all

    def wait(store: LocalStore, items: Any, *, meanwhile: Any = None, **more: Any) -> Any:
        if meanwhile is not None:
            meanwhile()
        return waited(store, items, **more)

    monkeypatch.setattr(LocalStore, "save_all", wait)
    recorded: list[list[str]] = []
    bench.during["s4"] = lambda: recorded.append(locked(bench))
    assert set(bench.repro().actions.values()) == {"run"}
    assert recorded == [[]] and rounds == [4, 1]
    assert set(bench.repro().actions.values()) == {"skip"}


def test_what_follows_waits_for_the_record_only(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.during["total"] = lambda: locked(bench) == ["clean"] or pytest.fail("clean is not recorded")
    assert bench.repro().actions == {"clean": "run", "total": "run"}


def test_a_stage_does_not_wait_for_long_while_others_run(bench, rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot.recorder.LONGEST", 0)
    bench.repro()
    assert max(rounds) < 5 and sum(rounds) == 5


def test_an_interruption_records_what_has_ended(bench, rounds) -> None:
    bench.interrupted = "s2"
    with pytest.raises(KeyboardInterrupt):
        bench.repro()
    assert locked(bench) == ["s0", "s1"]


def test_an_output_that_cannot_be_kept_does_not_keep_the_others(bench, rounds) -> None:
    def spoil() -> None:
        (bench.root / "2.txt").unlink()
        os.mkfifo(bench.root / "2.txt")

    bench.during["s2"] = spoil
    summary = bench.repro()
    assert summary.failures["s2"].kind == "storage"
    assert locked(bench) == ["s0", "s1", "s3", "s4"]
