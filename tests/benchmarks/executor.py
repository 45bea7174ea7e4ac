"""What running a stage costs: the start of the host, and each order from its submission to its result.

Run alone: ``python tests/benchmarks/executor.py [ROUNDS]``. Each order writes one JSON file through a loader, in a
process of its own, two at a time. Beside it: the same function in a pool of two of the standard library's forkserver,
with one task for each process. Targets: 3 ms an order; 60 ms to start, beyond an interpreter and what is imported.
"""

import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path

import pivot
from pivot.execute.executor import Result, WorkOrder
from pivot.execute.local import LocalExecutor

STAGES = 200
PIPELINE = f"""
from typing import Annotated
import pivot

pipeline = pivot.Pipeline("trivial")

def trivial() -> Annotated[dict, pivot.Out("x.json", pivot.loaders.JSON())]:
    return {{"value": 1}}

for number in range({STAGES}):
    pipeline.register(trivial, name=f"stage{{number}}", outs=f"out/{{number}}.json")
"""


def milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def python(source: str) -> float:
    return milliseconds(lambda: subprocess.run([sys.executable, "-c", source], check=True))


def cpu() -> float:
    """Milliseconds of processor time of this process and of the children that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum(usage.ru_utime + usage.ru_stime for usage in usages)


def clear(root: str) -> None:
    """Remove what the last round has made, as is done before every stage."""
    for name in ("out", "logs"):
        shutil.rmtree(os.path.join(root, name), ignore_errors=True)
        os.mkdir(os.path.join(root, name))


def run(executor: LocalExecutor, root: str, names: list[str]) -> None:
    waiting, under_way = deque(names), 0
    while waiting or under_way:
        while waiting and under_way < executor.slots:
            name = waiting.popleft()
            executor.submit(WorkOrder(name, root, f"{root}/pipeline.py", (), (), None, f"{root}/logs/{name}.log"))
            under_way += 1
        for event in executor.events():
            if isinstance(event, Result):
                assert event.failure is None, event.failure
                under_way -= 1


def ours(root: str, method: str, stages: int, rounds: int) -> None:
    names = [f"stage{number}" for number in range(stages)]
    figures = []
    for _ in range(rounds):
        clear(root)
        before = cpu()
        executor = LocalExecutor(pipeline=f"{root}/pipeline.py", root=root, jobs=2, start_method=method)
        first = milliseconds(lambda executor=executor: run(executor, root, names[:1]))
        each = milliseconds(lambda executor=executor: run(executor, root, names)) / stages
        close = milliseconds(executor.close)
        figures.append((first, each, close, (cpu() - before) / stages))
    report(f"LocalExecutor, {method}", figures)


def work(number: int) -> None:
    """What a process of the standard library's does for an order."""
    pivot.loaders.JSON().save(sys.modules["pipeline"].trivial(), Path(f"out/{number}.json"))


def theirs(stages: int, rounds: int) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline"])
    figures = []
    for _ in range(rounds):
        clear(".")
        before = cpu()
        started = time.perf_counter()
        pool = context.Pool(2, maxtasksperchild=1)
        pool.map(work, [0], chunksize=1)
        first = 1000 * (time.perf_counter() - started)
        each = milliseconds(lambda pool=pool: pool.map(work, range(stages), chunksize=1)) / stages
        close = milliseconds(pool.terminate)
        forkserver._forkserver._stop()  # the next round begins without one, and its time is counted in this one
        figures.append((first, each, close, (cpu() - before) / stages))
    report("forkserver pool", figures)


def report(what: str, figures: list[tuple[float, float, float, float]]) -> None:
    first, each, close, spent = (statistics.median(values) for values in zip(*figures, strict=True))
    best = min(figure[1] for figure in figures)
    line = f"{what:22} first result {first:6.1f} ms   each order {each:6.2f} ms (best {best:.2f})"
    print(f"{line}   processor {spent:6.2f} ms an order   close {close:5.1f} ms")


def main(rounds: int = 7) -> None:
    with tempfile.TemporaryDirectory() as root:
        Path(root, "pipeline.py").write_text(PIPELINE)
        os.chdir(root)
        os.environ["PYTHONPATH"] = root
        cores = os.process_cpu_count()
        print(f"Python {sys.version.split()[0]}, {cores} cores; {STAGES} orders, medians of {rounds} rounds")
        for what in ("pass", "import pipeline"):
            print(f"python -c {what!r}: {min(python(what) for _ in range(10)):.1f} ms")
        ours(root, "fork", STAGES, rounds)
        ours(root, "spawn", 20, max(1, rounds // 3))
        theirs(STAGES, rounds)
        os.chdir("/")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
