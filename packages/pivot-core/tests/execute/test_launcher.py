"""Where the process of a stage comes from, and what is there already when it begins."""

import json

import pytest

from pivot.execute import wire
from pivot.execute.wire import unpack


def test_an_order_for_which_there_is_no_process_says_so(coordinate) -> None:
    coordinator = coordinate("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n")
    for number in range(1, 5):
        coordinator.order(number, "hang")
    ending, rest = coordinator.ending(4)
    assert ending.why == wire.NOT_STARTED
    assert unpack(rest) == "no process could be started for it: Too many open files"


LOOK = """
@stage
def look() -> Annotated[list, pivot.Out("look.json", JSON())]:
    return [name in sys.modules for name in ("pandas", "ahead")] + [os.environ.get("SEEN")]

def table() -> Annotated[Any, pivot.Out("table.csv", loaders.CSV())]:
    raise ValueError("not reached" if "pandas" not in sys.modules else "pandas was there")

pipeline.register(table)
"""


def test_what_a_loader_needs_is_imported_once_for_all(workshop) -> None:
    pytest.importorskip("pandas")
    workshop.write(LOOK)
    executor = workshop.executor()
    assert workshop.one("look", executor=executor).failure is None
    assert json.loads((workshop.root / "look.json").read_text()) == [False, False, None]
    failure = workshop.one("table", executor=executor).failure
    assert failure is not None and failure.problem == "ValueError: pandas was there"
    assert workshop.one("look", executor=executor).failure is None
    assert json.loads((workshop.root / "look.json").read_text())[0] is True


def test_what_is_preloaded_is_imported_after_the_pipeline(workshop) -> None:
    (workshop.root / "ahead.py").write_text("import os\nos.environ['SEEN'] = os.environ.get('SET', 'too early')\n")
    workshop.write(LOOK + "os.environ['SET'] = 'by the pipeline'\n")
    executor = workshop.executor()
    executor.start(["ahead"])
    assert workshop.one("look", executor=executor).failure is None
    assert json.loads((workshop.root / "look.json").read_text())[1:] == [True, "by the pipeline"]


def test_a_library_that_starts_threads_later_ends_the_forking(workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = workshop.root / "libraries"
    libraries.mkdir()
    (libraries / "pandas.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(libraries))
    workshop.write(LOOK)
    executor = workshop.executor()
    assert workshop.one("look", executor=executor).failure is None and executor.notice is None
    failure = workshop.one("table", executor=executor).failure
    assert failure is not None and failure.problem == "ValueError: not reached"
    assert executor.notice is not None and "started 1 thread" in executor.notice
