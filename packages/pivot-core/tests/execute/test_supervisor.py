"""What becomes of the processes of stages: cancelled, stopped, left behind, too talkative."""

import os
import select
import signal

from pivot.execute import wire
from pivot.execute.wire import read_report, unpack


def test_cancelling_twice_is_cancelling_once(coordinator) -> None:
    coordinator.order(1, "hang")
    coordinator.wait(wire.TEXT, 1)
    for _ in range(2):
        coordinator.host.channel.send(wire.CANCEL, 1)
    ending, _ = coordinator.ending(1)
    assert (ending.why, os.waitstatus_to_exitcode(ending.status)) == (wire.CANCELLED, -15)


def test_a_stopped_stage_can_be_cancelled(coordinator) -> None:
    coordinator.order(1, "hang")
    coordinator.wait(wire.TEXT, 1)
    os.kill(unpack(coordinator.wait(wire.BEGAN, 1).payload), 19)
    coordinator.host.channel.send(wire.CANCEL, 1)
    assert coordinator.ending(1)[0].why == wire.CANCELLED


def test_one_who_goes_on_printing_after_its_stage_does_not_hold_it_up(coordinator) -> None:
    coordinator.order(1, "chatty")
    ending, rest = coordinator.ending(1)
    assert ending.status == 0 and read_report(rest) is not None


def test_what_the_pipeline_started_is_not_taken_for_what_a_stage_left_behind(coordinate) -> None:
    coordinator = coordinate("below = subprocess.Popen(['sleep', '600'])\nopen('below', 'w').write(str(below.pid))\n")
    coordinator.order(1, "quick")
    assert coordinator.ending(1)[0].status == 0
    os.kill(int((coordinator.root / "below").read_text()), 0)


def test_an_orphan_of_a_stage_that_runs_is_left_alone_while_another_ends(coordinate, eventually) -> None:
    coordinator = coordinate("""
        def orphans() -> None:
            subprocess.run(["sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $! > orphan.new; mv orphan.new orphan"])
            print("on", flush=True)
            time.sleep(600)
        pipeline.register(orphans)
    """)
    coordinator.order(1, "orphans")
    coordinator.wait(wire.TEXT, 1)
    coordinator.order(2, "chatty")  # looks for what it left behind, and ends it
    assert coordinator.ending(2)[0].status == 0
    orphan = int((coordinator.root / "orphan").read_text())
    os.kill(orphan, 0)
    coordinator.host.channel.send(wire.CANCEL, 1)
    assert coordinator.ending(1)[0].why == wire.CANCELLED


def test_one_that_hangs_is_ended_at_its_timeout(coordinator) -> None:
    coordinator.order(1, "hang", timeout=0.05)
    ending, _ = coordinator.ending(1)
    assert (ending.why, os.waitstatus_to_exitcode(ending.status)) == (wire.TIMED_OUT, -signal.SIGTERM)
    assert ending.seconds >= 0.05


def test_nothing_is_done_while_nothing_happens(coordinator, eventually) -> None:
    coordinator.order(1, "hang")
    coordinator.wait(wire.BEGAN, 1)  # the two come in either order
    coordinator.wait(wire.TEXT, 1)

    def rests() -> bool:
        before = switches(coordinator.host.pid)
        assert select.select([coordinator.host.channel.reader], [], [], 0.1) == ([], [], [])
        return switches(coordinator.host.pid) - before <= 2

    eventually(rests)  # sooner or later: a machine that is short of memory has it wait for its own pages


def switches(pid: int) -> int:
    """Return how often a process has gone to sleep."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary"))
