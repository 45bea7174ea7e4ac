"""Stages through the executor, as the coordinator sees them: results, isolation, output, and no process left."""

import json
import os
import select
import signal
import subprocess
import sys
from textwrap import dedent

import pytest
from blake3 import blake3

from pivot.execute.executor import Output, Result
from pivot_fingerprint import Entry

METHODS = pytest.mark.parametrize("method", ["fork", "spawn"])
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs the Linux kernel")


@METHODS
def test_a_stage_loads_runs_saves_and_reports(workshop, method: str) -> None:
    workshop.write("""
        import helper

        @stage
        def total(
            numbers: Annotated[list, pivot.Dep("numbers.json", JSON())],
        ) -> Annotated[int, pivot.Out("deep/total.json", JSON())]:
            import late
            return helper.add(numbers)
    """)
    (workshop.root / "helper.py").write_text("def add(numbers): return sum(numbers)\n")
    (workshop.root / "late.py").write_text("VALUE = 1\n")
    (workshop.root / "numbers.json").write_text("[1, 2, 3]")
    result = workshop.one("total", executor=workshop.executor(start_method=method))
    assert result.failure is None
    assert (workshop.root / "deep" / "total.json").read_text() == "6\n"
    files = [workshop.root / name for name in ("helper.py", "late.py", "pipeline.py")]
    assert sorted(result.sources) == [(str(file), blake3(file.read_bytes()).hexdigest()) for file in files]
    assert Entry("helper", "add", 1) in result.observed.functions
    assert result.observed.reads == (str(workshop.root / "numbers.json"),)
    assert "late" in dict(result.observed.modules)


@METHODS
def test_lambdas_closures_and_partials_are_stages(workshop, method: str) -> None:
    workshop.write("""
        import functools

        def power(exponent):
            def stage() -> Annotated[int, pivot.Out("power.json", JSON())]:
                return 2**exponent
            return stage

        def times(a: int, b: int) -> Annotated[int, pivot.Out("times.json", JSON())]:
            return a * b

        pipeline.register(power(5), name="closure")
        pipeline.register(lambda: 7, name="lambda", outs=pivot.Out("lambda.json", JSON()))
        pipeline.register(functools.partial(times, a=3, b=4), name="partial")
    """)
    executor = workshop.executor(start_method=method)
    results = workshop.run("closure", "lambda", "partial", executor=executor)
    assert [result.failure for result in results.values()] == [None] * 3
    assert [(workshop.root / f"{name}.json").read_text() for name in ("power", "lambda", "times")] == [
        "32\n",
        "7\n",
        "12\n",
    ]


def test_parameters_arrive_as_their_own_type(workshop) -> None:
    workshop.write("""
        class Rates(pivot.StageParams):
            rate: float = 0.5

        @stage
        def rated(rates: Rates) -> Annotated[float, pivot.Out("rate.json", JSON())]:
            assert isinstance(rates, Rates)
            return rates.rate
    """)
    assert workshop.one("rated", params={"rate": 0.25}).failure is None
    assert (workshop.root / "rate.json").read_text() == "0.25\n"


ENDINGS = {
    "leaves": ("os._exit(0)", "the stage's process ended with status 0 before the function had returned"),
    "fails": ("os._exit(3)", "the stage's process ended with status 3 before the function had returned"),
    "exits": ("sys.exit(0)", "called sys.exit(0) instead of returning"),
    "crashes": ("ctypes.string_at(0)", "the stage's process was killed by signal 11 (SIGSEGV)"),
    "aborts": ("os.abort()", "the stage's process was killed by signal 6 (SIGABRT)"),
    "killed": (
        "os.kill(os.getpid(), 9)",
        "the stage's process was killed by signal 9 (SIGKILL), perhaps out of memory",
    ),
    "interrupted": ("os.kill(os.getpid(), 2); time.sleep(9)", "KeyboardInterrupt"),
}


@METHODS
def test_however_a_process_ends_it_is_one_failed_stage(workshop, method: str) -> None:
    stages = "".join(f"@stage\ndef {name}() -> None: {code}\n" for name, (code, _) in ENDINGS.items())
    workshop.write(stages + '@stage\ndef fine() -> None: print("fine")\n')
    results = workshop.run(*ENDINGS, "fine", executor=workshop.executor(start_method=method))
    assert results.pop("fine").failure is None
    for name, result in results.items():
        assert result.failure is not None
        assert result.failure.problem == ENDINGS[name][1]
        assert result.failure.kind == ("raised" if name == "interrupted" else "died")
    assert "in crashes" in workshop.log("crashes").read_text()  # faulthandler's traceback


@METHODS
def test_what_a_function_raises_is_shown_from_its_own_frames_on(workshop, method: str) -> None:
    workshop.write("""
        import rows

        @stage
        def parse() -> None:
            try:
                rows.read(3)
            except KeyError as error:
                raise ValueError("bad row 3") from error
    """)
    (workshop.root / "rows.py").write_text("def read(number):\n    raise KeyError(number)\n")
    failure = workshop.one("parse", executor=workshop.executor(start_method=method)).failure
    assert failure is not None
    assert (failure.kind, failure.problem) == ("raised", "ValueError: bad row 3")
    assert (failure.file, failure.line) == ("pipeline.py", workshop.line("bad row 3"))
    assert failure.traceback is not None
    assert failure.traceback.splitlines()[:2] == [
        "Traceback (most recent call last):",
        f'  File "pipeline.py", line {workshop.line("rows.read(3)")}, in parse',
    ]
    assert "direct cause" in failure.traceback and 'File "rows.py", line 2, in read' in failure.traceback
    assert "execute" not in failure.traceback


def test_an_input_that_is_not_what_its_loader_reads_is_a_wrong_declaration(workshop) -> None:
    workshop.write("""
        @stage
        def read(raw: Annotated[dict, pivot.Dep("raw.json", JSON())]) -> None: ...
    """)
    (workshop.root / "raw.json").write_text("{not json")
    failure = workshop.one("read").failure
    assert failure is not None
    assert (failure.kind, failure.argument) == ("declaration", "raw")
    assert (failure.file, failure.line) == ("pipeline.py", workshop.line("def read"))
    assert failure.problem.startswith("loaders.JSON cannot read raw.json: Expecting property name")


def test_a_stage_that_is_gone_from_the_pipeline_has_changed(workshop) -> None:
    workshop.write("")
    failure = workshop.one("gone").failure
    assert failure is not None and failure.kind == "changed" and "gone" in failure.problem


@METHODS
def test_what_is_printed_is_kept_and_told_in_order_whoever_prints_it(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def speak() -> None:
            print("python ä")
            os.system("echo shell")
            print("error", file=sys.stderr)
            sys.stdout.write("no newline, ")
            sys.stdout.flush()
            ctypes.CDLL(None).puts(b"from C")
    """)
    executor = workshop.executor(start_method=method)
    executor.submit(workshop.order("speak"))
    events = workshop.collect(executor)
    expected = "python ä\nshell\nerror\nno newline, from C\n"
    assert "".join(event.text for event in events if isinstance(event, Output)) == expected
    assert workshop.log("speak").read_text() == expected
    assert workshop.log("speak").stat().st_mode & 0o777 == 0o600


def test_printing_much_neither_stalls_nor_loses_anything(workshop, eventually) -> None:
    workshop.write("""
        @stage
        def loud() -> None:
            line = "x" * 99
            for _ in range(200_000):
                print(line)
            pathlib.Path("done").touch()
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("loud"))
    eventually((workshop.root / "done").exists)  # nobody is listening meanwhile
    events = workshop.collect(executor)
    assert isinstance(events[-1], Result) and events[-1].failure is None
    assert workshop.log("loud").stat().st_size == 20_000_000
    assert sum(len(event.text) for event in events[:-1] if isinstance(event, Output)) < 2_000_000
    assert any("bytes are only in the log]" in event.text for event in events[:-1] if isinstance(event, Output))


def test_an_import_that_prints_much_is_heard_and_not_kept(workshop) -> None:
    """Both what is printed before the host is ready, and by what it has started since."""
    workshop.write("""
        import subprocess, sys
        for _ in range(300):
            print("x" * 9_999)
        subprocess.Popen([sys.executable, "-c", "import os\\nwhile True: os.write(1, b'y' * 9999)"])

        @stage
        def quick() -> None:
            pass
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("quick"))
    events = workshop.collect(executor)
    assert isinstance(events[-1], Result) and events[-1].failure is None
    words = executor._host._words
    assert 0 < len(words) <= 8192


@METHODS
def test_a_stage_has_its_own_directory_no_input_no_terminal_and_no_foreign_descriptor(workshop, method: str) -> None:
    workshop.write("""
        @stage
        def look() -> Annotated[dict, pivot.Out("seen.json", JSON())]:
            return {
                "cwd": os.getcwd(),
                "input": sys.stdin.read(),
                "leads": os.getpgrp() == os.getpid(),
                "argv": sys.argv,
                "open": os.listdir("/proc/self/fd"),
                "inherited": subprocess.run(["ls", "/proc/self/fd"], capture_output=True, text=True).stdout.split(),
            }
    """)
    assert workshop.one("look", executor=workshop.executor(start_method=method)).failure is None
    seen = json.loads((workshop.root / "seen.json").read_text())
    assert seen["cwd"] == str(workshop.root)
    assert seen["input"] == ""
    assert seen["leads"]
    assert seen["argv"] == [str(workshop.root / "pipeline.py")]
    assert len(seen["open"]) <= 5  # the usual three, the report, and how it lists them
    assert seen["inherited"] == ["0", "1", "2", "3"]  # the last one is how it lists them


def test_what_a_stage_leaves_behind_is_ended_with_it(workshop) -> None:
    workshop.write("""
        @stage
        def leave() -> None:
            left = [subprocess.Popen(["sleep", "600"])]
            if sys.platform == "linux":
                deep = "echo $$ >> deep; sleep 600 & echo $! >> deep; sleep 600"
                left.append(subprocess.Popen(["sh", "-c", deep], start_new_session=True))
                while not os.path.exists("deep") or len(open("deep").read().split()) < 2:
                    time.sleep(0.01)
            pathlib.Path("left").write_text(" ".join(str(one.pid) for one in left))
    """)
    assert workshop.one("leave").failure is None
    left = workshop.numbers("left") + workshop.numbers("deep")
    assert left and not any(map(workshop.is_running, left))
    assert "ended processes that the stage left behind" in workshop.log("leave").read_text()


def test_cancelling_one_stage_leaves_the_other(workshop, eventually) -> None:
    workshop.write("""
        @stage
        def hang() -> None:
            pathlib.Path("hangs").write_text(str(os.getpid()))
            time.sleep(600)

        @stage
        def wait() -> None:
            while not os.path.exists("go on"):
                time.sleep(0.01)
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("hang"))
    executor.submit(workshop.order("wait"))
    eventually(lambda: workshop.numbers("hangs"))
    executor.cancel("hang")
    (hung,) = workshop.collect(executor)
    assert isinstance(hung, Result) and hung.failure is not None
    assert (hung.stage, hung.failure.kind) == ("hang", "cancelled")
    (pid,) = workshop.numbers("hangs")
    assert not workshop.is_running(pid)
    (workshop.root / "go on").touch()
    (waited,) = workshop.collect(executor)
    assert isinstance(waited, Result) and (waited.stage, waited.failure) == ("wait", None)


def test_a_stage_that_ignores_the_signal_is_killed(workshop, eventually) -> None:
    workshop.write("""
        import pivot.execute.supervisor

        pivot.execute.supervisor.PATIENCE = 0.1  # the host, which imports this, is the one who waits

        @stage
        def stubborn() -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            pathlib.Path("ready").write_text(str(os.getpid()))
            time.sleep(600)
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("stubborn"))
    eventually(lambda: workshop.numbers("ready"))
    executor.cancel()
    (result,) = workshop.collect(executor)
    assert isinstance(result, Result) and result.failure is not None and result.failure.kind == "cancelled"


def test_cancelling_does_not_wait_for_an_import_that_hangs(workshop, eventually) -> None:
    workshop.write("""
        pathlib.Path("imports").write_text(str(os.getpid()))
        time.sleep(600)
    """)
    executor = workshop.executor()
    for name in ("one", "two"):
        executor.submit(workshop.order(name))
    eventually(lambda: workshop.numbers("imports"))
    executor.cancel()
    kinds = [event.failure.kind for event in executor.events() if isinstance(event, Result) and event.failure]
    assert kinds == ["cancelled", "cancelled"]
    (pid,) = workshop.numbers("imports")
    assert not workshop.is_running(pid)


def test_a_host_that_is_ready_while_all_is_cancelled(workshop) -> None:
    workshop.write("""
        while not os.path.exists("go on"):
            time.sleep(0.01)

        @stage
        def quick() -> Annotated[int, pivot.Out("quick.json", JSON())]:
            return 1
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("quick"))
    executor.cancel()
    (workshop.root / "go on").touch()
    host = executor._host
    assert host is not None
    select.select([host.channel.reader], [], [])
    (result,) = executor.events()
    assert isinstance(result, Result) and result.failure is not None and result.failure.kind == "cancelled"


def test_a_signal_handler_may_cancel_while_the_executor_waits(workshop, eventually) -> None:
    workshop.write(f"""
        @stage
        def hang() -> None:
            os.kill({os.getpid()}, signal.SIGUSR1)
            time.sleep(600)
    """)
    executor = workshop.executor()
    before = signal.signal(signal.SIGUSR1, lambda *_: executor.cancel())
    try:
        executor.submit(workshop.order("hang"))
        (result,) = list(executor.events())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert isinstance(result, Result) and result.failure is not None and result.failure.kind == "cancelled"


def test_a_cancellation_that_comes_too_late_harms_nobody(workshop) -> None:
    workshop.write("@stage\ndef quick() -> None: ...\n")
    executor = workshop.executor()
    for _ in range(2):
        assert workshop.one("quick", executor=executor).failure is None
        executor.cancel("quick")
        executor.cancel()


def test_a_stage_that_takes_longer_than_its_timeout_is_ended(workshop) -> None:
    workshop.write("@stage\ndef hang() -> None: time.sleep(600)\n")
    failure = workshop.one("hang", timeout=0.05).failure
    assert failure is not None
    assert (failure.kind, failure.problem) == ("died", "it was ended because it took longer than its timeout of 0.05 s")


def test_events_wait_no_longer_than_told_and_not_at_all_for_nothing(workshop) -> None:
    workshop.write("@stage\ndef hang() -> None: time.sleep(600)\n")
    executor = workshop.executor()
    assert list(executor.events()) == []
    executor.submit(workshop.order("hang"))
    assert list(executor.events(0.01)) == []
    assert list(executor.events(0)) == []


def test_an_exception_in_the_pipeline_fails_every_order_with_the_users_traceback(workshop) -> None:
    workshop.write("""
        import helper
    """)
    (workshop.root / "helper.py").write_text("1 / 0\n")
    executor = workshop.executor()
    for _ in range(2):  # a second host would do no better, so none is started
        failure = workshop.one("any", executor=executor).failure
        assert failure is not None
        assert (failure.kind, failure.problem) == ("raised", "pipeline.py: ZeroDivisionError: division by zero")
        assert (failure.file, failure.line) == ("helper.py", 1)
        assert failure.traceback is not None and failure.traceback.splitlines()[1].startswith(
            '  File "pipeline.py", line '
        )
        assert "importlib" not in failure.traceback and "live.py" not in failure.traceback


def test_a_wrong_declaration_is_told_as_such(workshop) -> None:
    workshop.write("@stage\ndef f(x) -> None: ...\n")
    failure = workshop.one("f").failure
    assert failure is not None
    assert (failure.kind, failure.argument, failure.file) == ("declaration", "x", "pipeline.py")
    assert failure.line == workshop.line("def f(x)")


def test_a_pipeline_that_crashes_the_host_fails_every_order_with_its_last_words(workshop) -> None:
    workshop.write('print("last words", flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)\n')
    failure = workshop.one("any").failure
    assert failure is not None
    assert (failure.kind, failure.problem) == (
        "died",
        "the process that imports the pipeline was killed by signal 11 (SIGSEGV)",
    )
    assert failure.traceback is not None and failure.traceback.startswith("last words\nFatal Python error")


def test_when_the_host_is_killed_its_stages_fail_and_the_next_order_works(workshop, eventually) -> None:
    workshop.write("""
        @stage
        def hang() -> None:
            below = subprocess.Popen(["sleep", "600"])
            pathlib.Path("pids").write_text(f"{os.getpid()} {below.pid}")
            time.sleep(600)

        @stage
        def parent() -> Annotated[int, pivot.Out("parent.json", JSON())]:
            return os.getppid()
    """)
    executor = workshop.executor()
    assert workshop.one("parent", executor=executor).failure is None
    executor.submit(workshop.order("hang"))
    eventually(lambda: len(workshop.numbers("pids")) == 2)
    os.kill(int((workshop.root / "parent.json").read_text()), signal.SIGKILL)
    (result,) = workshop.collect(executor)
    assert isinstance(result, Result) and result.failure is not None
    assert (
        result.failure.problem
        == "the process that imports the pipeline was killed by signal 9 (SIGKILL), perhaps out of memory"
    )
    eventually(lambda: not any(map(workshop.is_running, workshop.numbers("pids"))))
    assert workshop.one("parent", executor=executor).failure is None


COORDINATOR = """
import sys
from pivot.execute.executor import WorkOrder
from pivot.execute.local import LocalExecutor
root, method = sys.argv[1:]
executor = LocalExecutor(pipeline=f"{root}/pipeline.py", root=root, jobs=2, start_method=method)
executor.submit(WorkOrder("hang", root, f"{root}/pipeline.py", (), (), None, f"{root}/hang.log"))
for _ in executor.events():
    pass
"""


@LINUX
@METHODS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_coordinator(workshop, eventually, method: str, number: signal.Signals) -> None:
    workshop.write("""
        @stage
        def hang() -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            below = subprocess.Popen(["sleep", "600"])
            away = subprocess.Popen(["sleep", "600"], start_new_session=True)
            pathlib.Path("pids.new").write_text(f"{os.getppid()} {os.getpid()} {below.pid} {away.pid}")
            os.rename("pids.new", "pids")
            time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", COORDINATOR, str(workshop.root), method]) as coordinator:
        eventually(lambda: len(workshop.numbers("pids")) == 4)
        assert all(map(workshop.is_running, workshop.numbers("pids")))
        coordinator.send_signal(number)
    eventually(lambda: not any(map(workshop.is_running, workshop.numbers("pids"))))


@LINUX
def test_a_host_that_imports_dies_with_the_coordinator(workshop, eventually) -> None:
    workshop.write("""
        below = subprocess.Popen(["sleep", "600"])
        pathlib.Path("pids.new").write_text(f"{os.getpid()} {below.pid}")
        os.rename("pids.new", "pids")
        time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", COORDINATOR, str(workshop.root), "auto"]) as coordinator:
        eventually(lambda: workshop.numbers("pids"))
        coordinator.kill()
    eventually(lambda: not any(map(workshop.is_running, workshop.numbers("pids"))))


def test_closing_ends_what_runs_and_may_be_done_twice(workshop, eventually) -> None:
    workshop.write("""
        @stage
        def hang() -> None:
            below = subprocess.Popen(["sleep", "600"])
            pathlib.Path("pids").write_text(f"{os.getppid()} {os.getpid()} {below.pid}")
            time.sleep(600)
    """)
    executor = workshop.executor()
    executor.submit(workshop.order("hang"))
    eventually(lambda: len(workshop.numbers("pids")) == 3)
    descriptors = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else set()
    executor.close()
    executor.close()
    assert not any(map(workshop.is_running, workshop.numbers("pids")))
    if descriptors:
        assert len(descriptors) - len(os.listdir("/proc/self/fd")) >= 5


@LINUX
def test_a_pipeline_that_starts_threads_is_not_forked(workshop) -> None:
    workshop.write("""
        threading.Thread(target=time.sleep, args=(600,), name="ticker", daemon=True).start()

        @stage
        def count() -> Annotated[int, pivot.Out("threads.json", JSON())]:
            return threading.active_count()
    """)
    executor = workshop.executor()
    assert workshop.one("count", executor=executor).failure is None
    assert (workshop.root / "threads.json").read_text() == "2\n"  # the pipeline was imported anew
    assert executor.notice is not None and "started 1 thread" in executor.notice


@LINUX
def test_libraries_whose_threads_survive_a_fork_do_not_prevent_it(workshop) -> None:
    pytest.importorskip("numpy")
    workshop.write("""
        import numpy

        @stage
        def multiply() -> Annotated[float, pivot.Out("trace.json", JSON())]:
            return float((numpy.eye(300) @ numpy.eye(300)).trace())
    """)
    executor = workshop.executor()
    assert workshop.one("multiply", executor=executor).failure is None
    assert executor.notice is None
    assert (workshop.root / "trace.json").read_text() == "300.0\n"


def test_stages_run_at_the_same_time(workshop) -> None:
    meet = """
        @stage
        def {0}() -> None:
            pathlib.Path("{0}").touch()
            give_up = time.monotonic() + 50
            while not os.path.exists("{1}"):
                assert time.monotonic() < give_up
                time.sleep(0.002)
    """
    workshop.write("\n".join(dedent(meet.format(*pair)) for pair in ("ab", "ba")))
    results = workshop.run("a", "b")
    assert [result.failure for result in results.values()] == [None, None]


def test_an_unknown_start_method_is_refused(workshop) -> None:
    with pytest.raises(ValueError, match="fork or spawn"):
        workshop.executor(start_method="thread")


def test_a_log_that_cannot_be_written_does_not_matter(workshop) -> None:
    workshop.write('@stage\ndef speak() -> None: print("hello")\n')
    (workshop.root / "file").touch()
    assert workshop.one("speak", log=str(workshop.root / "file" / "speak.log")).failure is None


@METHODS
def test_a_host_that_was_started_early_imports_nothing_of_the_user_s_before_it_is_wanted(workshop, method: str) -> None:
    workshop.write("""
        open("imported", "w").close()

        @stage
        def one() -> Annotated[int, pivot.Out("one.json", JSON())]:
            return 1
    """)
    sources = [str(workshop.root / "pipeline.py"), str(workshop.root / "gone.py")]
    unused = workshop.executor(start_method=method)
    unused.boot()
    unused.boot(sources)
    unused.close()
    assert not (workshop.root / "imported").exists()
    executor = workshop.executor(start_method=method)
    executor.boot(sources)
    assert workshop.one("one", executor=executor).failure is None


def test_a_host_that_was_dismissed_ends_and_is_closed_like_any_other(workshop) -> None:
    workshop.write("""
        @stage
        def one() -> Annotated[int, pivot.Out("one.json", JSON())]:
            return 1
    """)
    executor = workshop.executor()
    executor.dismiss()  # there is none yet
    assert workshop.one("one", executor=executor).failure is None
    host = executor._host
    executor.dismiss()
    assert os.waitid(os.P_PID, host.pid, os.WEXITED | os.WNOWAIT).si_status == 0
    executor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(host.pid, 0)
