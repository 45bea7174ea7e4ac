"""The server's own process, asked as the coordinator asks it."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.execute import interpreter
from pivot.execute.descendants import adopt_orphans
from pivot.execute.nursery_process import NurseryProcess, Spare

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked on other systems")


@pytest.fixture
def nursery() -> Iterator[NurseryProcess]:
    adopt_orphans()
    server = NurseryProcess("here")
    yield server
    server.end()


def end(spare: Spare, code: str) -> int:
    null = os.open(os.devnull, os.O_RDWR)
    spare.become(code, [null, null, null], session=False)
    os.close(null)
    return os.waitstatus_to_exitcode(os.waitpid(spare.pid, 0)[1])


def test_it_says_what_it_imported_and_looked_for(nursery: NurseryProcess) -> None:
    answer = nursery.ask(["import", ["yaml", "not_there_at_all"], []])
    assert answer["obstacle"] is None and {"yaml", "not_there_at_all"} <= set(answer["tops"])


def test_project_code_is_an_obstacle(nursery: NurseryProcess) -> None:
    import yaml

    root = Path(yaml.__file__).parents[1]
    answer = nursery.ask(["import", ["yaml"], [str(root.parent)]])
    assert answer["obstacle"] is None  # installed below the root is installed all the same
    assert nursery.environment == "here"


def test_an_exit_is_an_exit(nursery: NurseryProcess) -> None:
    assert [end(nursery.fork(), code) for code in ("pass", "raise SystemExit(3)", "1 / 0")] == [0, 3, 1]


def test_what_is_registered_for_the_end_is_done(nursery: NurseryProcess, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert end(nursery.fork(), f"import atexit; atexit.register(open, {str(mark)!r}, 'w')") == 0
    assert mark.exists()


def test_a_spare_that_is_not_needed_ends(nursery: NurseryProcess) -> None:
    spare = nursery.fork()
    spare.end()
    with pytest.raises(ProcessLookupError):
        os.kill(spare.pid, 0)


def test_a_server_that_has_ended_is_noticed(nursery: NurseryProcess) -> None:
    os.kill(nursery.pid, 9)
    with pytest.raises((OSError, EOFError)):
        nursery.ask(["import", [], []])
        nursery.ask(["import", [], []])


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os; from pivot.execute.nursery_process import NurseryProcess\n"
        "from pivot.execute.descendants import adopt_orphans\n"
        f"adopt_orphans(); server = NurseryProcess(1); spare = server.fork()\n"
        f"open({str(pids)!r}, 'w').write(f'{{server.pid}} {{spare.pid}}'); os.kill(os.getpid(), 9)"
    )
    null = os.open(os.devnull, os.O_RDWR)
    os.waitpid(interpreter.start(code, [null, null, 2], session=False), 0)
    os.close(null)
    for pid in map(int, pids.read_text().split()):
        give_up = time.monotonic() + 40
        while is_running(pid):
            assert time.monotonic() < give_up
            time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has waited for yet is listed all the same."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_output_may_lead_to_a_pipe(nursery: NurseryProcess) -> None:
    reader, writer = os.pipe()
    spare = nursery.fork()
    code = "from pivot.execute.child import plain_output; plain_output(); print('said')"
    null = os.open(os.devnull, os.O_RDWR)
    spare.become(code, [null, writer, writer], session=True)
    os.close(writer)
    assert os.waitpid(spare.pid, 0)[1] == 0
    assert os.read(reader, 100) == b"said\n"
    os.close(reader)
    os.close(null)
