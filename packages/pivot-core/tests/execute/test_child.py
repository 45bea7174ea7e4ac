"""The end of a stage's process: what is waited for, written out, and left undone."""

import json
import signal

import pytest

METHODS = pytest.mark.parametrize("method", ["fork", "spawn"])


@METHODS
def test_threads_that_still_write_are_waited_for(workshop, method: str) -> None:
    workshop.write(
        """
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()

        def write(name):
            time.sleep(0.05)
            pathlib.Path(name).write_text("done")

        class Made(TypedDict):
            one: Annotated[Any, pivot.Out("one.txt", Quiet())]
            two: Annotated[Any, pivot.Out("two.txt", Quiet())]

        @stage
        def work() -> Made:
            threading.Thread(target=write, args=("one.txt",)).start()
            pool.submit(write, "two.txt")
            return {"one": 1, "two": 2}
    """,
        head=workshop_head("class Quiet:\n    def save(self, value, path): pass\n"),
    )
    assert workshop.one("work", executor=workshop.executor(start_method=method)).failure is None
    assert [(workshop.root / f"{name}.txt").read_text() for name in ("one", "two")] == ["done", "done"]


@METHODS
def test_copies_that_a_stage_forks_are_not_the_stage(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def returns() -> None:
            os.fork()
            pathlib.Path("returns").open("a").write(".")

        @stage
        def exits() -> None:
            if os.fork() == 0:
                sys.exit(0)
            os.wait()

        @stage
        def raises() -> None:
            if os.fork() == 0:
                raise ValueError("only the copy")
            os.wait()
    """)
    results = workshop.run("returns", "exits", "raises", executor=workshop.executor(start_method=method))
    assert [result.failure for result in results.values()] == [None, None, None]
    assert "forked returned from its function" in workshop.log("returns").read_text()
    assert "ValueError: only the copy" in workshop.log("raises").read_text()


@METHODS
def test_a_stage_that_closes_what_is_not_its_own_has_failed_and_reports_to_nobody(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def closes() -> None:
            os.closerange(3, 256)

        @stage
        def takes() -> None:
            os.closerange(3, 256)
            for number in range(20):
                pathlib.Path(f"taken{number}").touch()
                os.open(f"taken{number}", os.O_WRONLY)
    """)
    for result in workshop.run("closes", "takes", executor=workshop.executor(start_method=method)).values():
        assert result.failure is not None
        assert result.failure.problem.startswith("the stage closed file descriptors that it had not opened")
    assert all((workshop.root / f"taken{number}").read_bytes() == b"" for number in range(20))


@METHODS
def test_a_stage_that_went_elsewhere_writes_where_it_declared(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def leaves() -> Annotated[str, pivot.Out("there.txt", pivot.loaders.Text())]:
            os.chdir("/")
            return "x"
    """)
    assert workshop.one("leaves", executor=workshop.executor(start_method=method)).failure is None
    assert (workshop.root / "there.txt").read_text() == "x"


def workshop_head(more: str) -> str:
    """Return the usual head with more below."""
    return (
        "import logging, logging.handlers, os, pathlib, signal, sys, threading, time\n"
        "from typing import Annotated, Any, TypedDict\n"
        "import pivot\nfrom pivot.loaders import JSON\npipeline = pivot.Pipeline('test')\n"
        f"def stage(function):\n    pipeline.register(function)\n    return function\n{more}\n"
    )


@METHODS
def test_files_that_nobody_closed_are_whole(workshop, method: str) -> None:
    workshop.write(
        """
        class Knot:
            def __init__(self, name):
                self.file = open(name, "w")
                self.me = self

        class Made(TypedDict):
            knot: Annotated[str, pivot.Out("knot.txt")]
            kept: Annotated[str, pivot.Out("kept.txt")]
            raw: Annotated[str, pivot.Out("raw.txt")]
            log: Annotated[str, pivot.Out("log.txt")]

        @stage
        def work() -> Made:
            global kept, raw
            Knot("knot.txt").file.write("in a cycle")
            kept = open("kept.txt", "w")
            kept.write("in a global")
            raw = open("raw.txt", "wb")
            raw.write(b"in bytes")
            handler = logging.handlers.MemoryHandler(99, target=logging.FileHandler("log.txt"))
            logger = logging.getLogger("stage")
            logger.addHandler(handler)
            logger.error("in a handler")
            return {name: f"{name}.txt" for name in ("knot", "kept", "raw", "log")}
    """,
        head=workshop_head(""),
    )
    assert workshop.one("work", executor=workshop.executor(start_method=method)).failure is None
    texts = [(workshop.root / f"{name}.txt").read_text() for name in ("knot", "kept", "raw", "log")]
    assert texts == ["in a cycle", "in a global", "in bytes", "in a handler\n"]


@METHODS
def test_a_file_that_the_pipeline_opened_gets_what_its_stages_write(workshop, method: str) -> None:
    workshop.write("""
        notes = open("notes.txt", "a")
        if not os.path.exists("once"):
            notes.write("import ")
            pathlib.Path("once").touch()

        @stage
        def one() -> None: notes.write("one ")

        @stage
        def two() -> None: notes.write("two ")
    """)
    executor = workshop.executor(start_method=method, jobs=1)
    for name in ("one", "two"):
        assert workshop.one(name, executor=executor).failure is None
    executor.close()
    assert (workshop.root / "notes.txt").read_text() == "import one two "


def test_what_was_registered_to_happen_at_exit_does_not_happen_in_a_stage(workshop) -> None:
    workshop.write("""
        import atexit

        atexit.register(lambda: pathlib.Path("exited").touch())

        @stage
        def work() -> None:
            atexit.register(lambda: pathlib.Path("exited").touch())
    """)
    assert workshop.one("work").failure is None
    assert not (workshop.root / "exited").exists()


@METHODS
def test_a_stage_may_close_or_replace_its_output(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def closes() -> None:
            sys.stdout.close()

        @stage
        def replaces() -> None:
            sys.stdout = sys.stderr = None
    """)
    results = workshop.run("closes", "replaces", executor=workshop.executor(start_method=method))
    assert [result.failure for result in results.values()] == [None, None]


def test_a_stage_may_use_multiprocessing(workshop) -> None:
    workshop.write("""
        import multiprocessing

        def square(x):
            return x * x

        @stage
        def forks() -> Annotated[list, pivot.Out("forks.json", JSON())]:
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return pool.map(square, range(4))

        @stage
        def spawns() -> Annotated[list, pivot.Out("spawns.json", JSON())]:
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                return pool.map(square, range(4))
    """)
    results = workshop.run("forks", "spawns")
    assert [result.failure for result in results.values()] == [None, None]
    for name in ("forks", "spawns"):
        assert "".join((workshop.root / f"{name}.json").read_text().split()) == "[0,1,4,9]"


def test_signals_are_the_stages_own(workshop) -> None:
    workshop.write("""
        @stage
        def look() -> Annotated[list, pivot.Out("signals.json", JSON())]:
            numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)
            return [str(signal.getsignal(number)) for number in numbers] + [signal.set_wakeup_fd(-1)]
    """)
    assert workshop.one("look").failure is None
    seen = json.loads((workshop.root / "signals.json").read_text())
    assert seen[0].startswith("<built-in function default_int_handler>")
    assert seen[1:] == [str(signal.SIG_DFL), str(signal.SIG_DFL), str(signal.SIG_IGN), -1]


def test_a_seed_set_at_import_counts_for_every_stage(workshop) -> None:
    workshop.write("""
        import random

        def draw(name):
            pathlib.Path(name).write_text(str(random.random()))

        @stage
        def one() -> None:
            draw("one")

        @stage
        def two() -> None:
            draw("two")
    """)

    def drawn(method: str) -> list[str]:
        workshop.run("one", "two", executor=workshop.executor(start_method=method))
        return [(workshop.root / name).read_text() for name in ("one", "two")]

    one, two = drawn("fork")
    assert one != two  # nobody set a seed, so stages must not draw the same
    pipeline = workshop.root / "pipeline.py"
    pipeline.write_text(pipeline.read_text().replace("import random\n", "import random\nrandom.seed(1)\n"))
    assert drawn("fork") == drawn("spawn") == ["0.13436424411240122"] * 2
