"""What running a stage costs: the start of the host, and each order from its submission to its result.

Run alone: ``python tests/benchmarks/executor.py [ROUNDS]``. Each order writes one JSON file through a loader, in a process of its
own, two at a time. Beside it: the same function in the standard library's forkserver, where a pool of two would give the same
isolation only with one task for each process. Targets: 3 ms an order, 60 ms until the host is ready. Medians of rounds.
"""

import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

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


def cpu() -> float:
    """Seconds of processor time of this process and of the children that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Turn:
    """One executor, used once."""

    def __init__(self, root: str, method: str) -> None:
        self.root = root
        self.executor = LocalExecutor(pipeline=f"{root}/pipeline.py", root=root, jobs=2, start_method=method)

    def run(self, names: list[str]) -> None:
        waiting, under_way = deque(names), 0
        while waiting or under_way:
            while waiting and under_way < self.executor.slots:
                name, root = waiting.popleft(), self.root
                log = f"{root}/logs/{name}.log"
                self.executor.submit(WorkOrder(name, root, f"{root}/pipeline.py", (), (), None, log))
                under_way += 1
            for event in self.executor.events():
                if isinstance(event, Result):
                    assert event.failure is None, event.failure
                    under_way -= 1


def measure(root: str, method: str, stages: int, rounds: int) -> None:
    first, each, spent, close = [], [], [], []
    names = [f"stage{number}" for number in range(stages)]
    for _ in range(rounds):
        before = cpu()
        turn = Turn(root, method)
        first.append(milliseconds(lambda turn=turn: turn.run(names[:1])))  # type: ignore[misc]  # bound at once
        each.append(milliseconds(lambda turn=turn: turn.run(names)) / stages)  # type: ignore[misc]  # the same
        close.append(milliseconds(turn.executor.close))
        spent.append(1000 * (cpu() - before) / stages)
    report(f"LocalExecutor, {method}", first, each, spent, close)


def report(what: str, first: list[float], each: list[float], spent: list[float], close: list[float]) -> None:
    numbers = [statistics.median(values) for values in (first, each, spent, close)]
    print("{:24} first result {:7.1f} ms   each order {:6.2f} ms (best {:.2f})   processor {:6.2f} ms   close {:5.1f} ms".format(what, numbers[0], numbers[1], min(each), *numbers[2:]))


def trivial(number: int) -> None:
    """What a worker of the standard library's does for an order."""
    from pipeline import trivial  # type: ignore[import-not-found]  # the pipeline of the benchmark

    import pivot

    pivot.loaders.JSON().save(trivial(), Path(f"out/{number}.json"))


def forkserver(root: str, stages: int, rounds: int) -> None:
    """Measure the standard library's forkserver: a pool of two, one task for each process, the pipeline preloaded."""
    first, each, spent, close = [], [], [], []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline"])
    for _ in range(rounds):
        multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]  # each round begins without one
        before = cpu()
        pool = None

        def start() -> None:
            nonlocal pool
            pool = context.Pool(2, maxtasksperchild=1)
            pool.map(trivial, [0], chunksize=1)

        first.append(milliseconds(start))
        assert pool is not None
        each.append(milliseconds(lambda pool=pool: pool.map(trivial, range(stages), chunksize=1)) / stages)  # type: ignore[misc]  # the same
        close.append(milliseconds(pool.terminate))
        multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]  # so that its time counts
        spent.append(1000 * (cpu() - before) / stages)
    report("forkserver pool", first, each, spent, close)


def main(rounds: int = 7) -> None:
    with tempfile.TemporaryDirectory() as root:
        Path(root, "pipeline.py").write_text(PIPELINE)
        Path(root, "out").mkdir()
        os.chdir(root)
        os.environ["PYTHONPATH"] = root
        sys.path.insert(0, root)
        print(f"Python {sys.version.split()[0]}, {os.process_cpu_count()} cores; {STAGES} orders, medians of {rounds} rounds")
        measure(root, "fork", STAGES, rounds)
        measure(root, "spawn", 20, max(1, rounds // 3))
        forkserver(root, STAGES, rounds)
        os.chdir("/")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
