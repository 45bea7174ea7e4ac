"""However a stage ends, it is one failed stage with a clear word, and the others are what they would have been."""

import os
import sys
from pathlib import Path

from faults.twenty import Twenty, check_gone

HEAD = """
import ctypes, multiprocessing, os, pathlib, resource, signal, subprocess, sys, threading, time
from typing import Annotated

import pivot

pipeline = pivot.Pipeline("ends")


def register(function, **options):
    function.__annotations__["return"] = Annotated[str, pivot.Out(f"{function.__name__}.txt", pivot.loaders.Text())]
    pipeline.register(function, **options)
"""

# The body of a function, what is said of it, and whether it failed. Each that does not end otherwise returns "made".
FAILURES = {
    "base": ("raise BaseException('no ordinary error')", "BaseException: no ordinary error"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "unpicklable": (
        "class Odd(Exception):\n        def __init__(self, a, b): self.keep = lambda: (a, b)\n    raise Odd(1, 2)",
        "Odd",
    ),
    "unspeakable": (
        "class Mute(Exception):\n        def __str__(self): raise RuntimeError\n    raise Mute",
        "Mute, whose message cannot be shown (RuntimeError)",
    ),
    "endless": ("raise ValueError('x' * 20_000_000)", "ValueError: xxxx"),
    "exits": ("sys.exit('enough')", "called sys.exit('enough') instead of returning"),
    "exits_oddly": (
        "class Mute:\n        def __repr__(self): raise RuntimeError\n    sys.exit(Mute())",
        "called sys.exit(a Mute) instead of returning",
    ),
    "homeless": (
        "os.mkdir('home'); os.chdir('home'); os.rmdir('../home'); sys.exit('enough')",
        "called sys.exit('enough') instead of returning",
    ),
    "hoards": ("while True: os.open(os.devnull, os.O_RDONLY)", "OSError: [Errno 24] Too many open files: '/dev/null'"),
    "robbed": (
        "sys.modules.clear(); sys.path.clear(); sys.meta_path.clear(); raise ValueError('lost')",
        "ValueError: lost",
    ),
    "vanishes": ("os._exit(0)", "ended with status 0 before the function had returned"),
    "crashes": ("ctypes.string_at(0)", "was killed by signal 11 (SIGSEGV)"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9 (SIGKILL), perhaps out of memory"),
    "alarmed": ("signal.alarm(1); time.sleep(60)", "was killed by signal 14 (SIGALRM)"),
    "greedy": (
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); bytes(4 << 30)",
        "MemoryError",
    ),
    "asks": ("input()", "EOFError"),
    "deep": ("def again(): again()\n    again()", "RecursionError"),
    "closes": ("os.closerange(3, 256)", "closed file descriptors that it had not opened"),
    "hangs": ("time.sleep(600)", "it was ended because it took longer than its timeout of 0.5 s"),
    "stubborn": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.Popen(['sleep', '600']); time.sleep(600)",
        "it was ended because it took longer than its timeout of 0.5 s",
    ),
    "full": (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); pathlib.Path('full.txt').write_text('x' * 100)",
        "File too large",
    ),
}
SUCCESSES = {
    "goes": "os.chdir('/')",
    "mute": "sys.stdout = sys.stderr = 3",
    "deaf": "os.close(0); os.close(1); os.close(2)",
    "parent": "subprocess.Popen(['sleep', '600']); subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "forker": "os.fork() or sys.exit(0)",
    "pool": "multiprocessing.get_context('fork').Pool(2).map(abs, range(9))",
    "threads": "threading.Thread(target=time.sleep, args=(0.05,)).start()",
    "daemon": "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    "masked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); os.umask(0o777); os.environ.clear()",
}
TIMEOUTS = ("hangs", "stubborn")


def pipeline() -> str:
    bodies = {name: body for name, (body, _) in FAILURES.items()} | SUCCESSES
    functions = [f"def {name}():\n    {body}\n    return 'made'\n" for name, body in bodies.items()]
    calls = [f"register({name}{', timeout=0.5' if name in TIMEOUTS else ''})\n" for name in bodies]
    return "\n\n".join([HEAD, *functions, "".join(calls)])


def test_each_is_one_failed_stage_and_the_others_are_made(tmp_path: Path) -> None:
    project = Twenty(tmp_path / "project", home=tmp_path / "home")
    project.write({"pipeline.py": pipeline()})
    outcome = project.run("repro", "-k", "-j", "4", code=1)
    failed = {line.split()[1]: line for line in outcome.stderr.splitlines() if " failed " in line}
    assert failed.keys() == FAILURES.keys(), str(outcome)
    for name, (_, words) in FAILURES.items():
        assert words in failed[name], failed[name]
        assert not project.exists(f".pivot/stages/{name}.lock")
    for name in SUCCESSES:
        assert project.read(f"{name}.txt") == "made"
        assert project.exists(f".pivot/stages/{name}.lock")
    assert len(outcome.text) < 1_000_000  # the message of 20 MB is cut
    assert "This is a bug" not in outcome.text
    check_gone(project)
    again = project.run("repro", "-k", "-j", "4", code=1)
    assert f"{len(SUCCESSES)} up to date" in again.stderr, str(again)


FLOOD = """
import os
import pivot
from typing import Annotated


def flood() -> Annotated[str, pivot.Out("flood.txt", pivot.loaders.Text())]:
    os.write(1, b"the beginning\\n")
    for _ in range(1600):
        os.write(1, b"x" * 65536)
    os.write(1, b"\\nthe end\\n")
    return "made"


pipeline = pivot.Pipeline("flood")
pipeline.register(flood)
"""


MEASURED = """
import os
from pivot_cli.main import run
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
code = run(["repro", "-v"])
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
open("../peak", "w").write(peak)
raise SystemExit(code)
"""


def test_a_hundred_megabytes_are_kept_as_a_beginning_and_an_end_and_never_in_memory(tmp_path: Path) -> None:
    project = Twenty(tmp_path / "project", home=tmp_path / "home")
    project.write({"pipeline.py": FLOOD})
    project.execute(sys.executable, "-c", MEASURED)
    assert int((tmp_path / "peak").read_text()) < 60 * 1024  # KiB
    log = project.path / ".pivot/logs/flood.log"
    assert log.stat().st_size < (64 << 20) + 100
    with log.open("rb") as file:
        assert file.readline() == b"the beginning\n"
        file.seek(-20, os.SEEK_END)
        assert file.read().endswith(b"the end\n")
