"""What observing a stage costs: fixed, on ten million calls of small functions, on many files opened or asked about.

Run alone: ``python tests/benchmarks/observe.py``. Each turn runs in its own forked child, as a stage does; plain and
observed turns alternate, and the least processor times are compared: whatever is more than that is other work's.
"""

import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pivot_fingerprint.observation  # noqa: F401  # as a host does before it forks stages
from pivot_fingerprint.observe import observe

SOURCE = """
import os
def add(a, b): return a + b
def half(x): return x / 2
class Model:
    def predict(self, x): return half(add(x, 1))
    @property
    def size(self): return 3
scale = lambda x: x * 3
def run(calls):
    model, total = Model(), 0
    for i in range(calls // 5):  # predict, half, add, size, scale
        total += model.predict(i) + model.size + scale(i)
    return total
def read(paths):
    for path in paths:
        with open(path) as file: file.read()
def ask(paths):
    for path in paths:
        os.stat(path)
"""
CALLS = 10_000_000


def turn(action: Callable[[], object], root: str, *, observed: bool) -> tuple[float, float]:
    """Processor seconds within the observation, and those that entering and leaving it take, in a forked child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        start = time.process_time()
        with observe([root]) if observed else nullcontext():
            entered = time.process_time()
            action()
            done = time.process_time()
        around = entered - start + time.process_time() - done
        os.write(write, json.dumps([done - entered, around]).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        inside, around = json.loads(pipe.read())
    os.waitpid(child, 0)
    return inside, around


def compare(name: str, action: Callable[[], object], root: str, *, turns: int, limit: str = "") -> None:
    """Print what an action takes without and with observation, and by how much the second is more."""
    plain: list[tuple[float, float]] = []
    observed: list[tuple[float, float]] = []
    for number in range(turns):
        for on in (False, True) if number % 2 else (True, False):
            (observed if on else plain).append(turn(action, root, observed=on))
    without, inside = (min(seconds for seconds, _ in runs) for runs in (plain, observed))
    around = min(seconds for _, seconds in observed)
    print(
        f"{name:<26} plain {1000 * without:9.2f} ms   observed {1000 * inside:9.2f} ms"
        f"   {100 * (inside - without) / without:+7.2f} %   fixed {1000 * around:.2f} ms{limit}",
        flush=True,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        Path(root, "small_functions.py").write_text(SOURCE)
        paths = [str(Path(root, f"{i}.txt")) for i in range(2000)]
        for path in paths:
            Path(path).write_text("x")
        sys.path.insert(0, root)
        module = importlib.import_module("small_functions")
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; the least of alternating turns")
        limit = "   (limits: 2 %, 5 ms)"
        compare(f"{CALLS:,} small calls", lambda: module.run(CALLS), root, turns=15, limit=limit)
        compare(f"{len(paths):,} files opened", lambda: module.read(paths), root, turns=15)
        many = [str(Path(root, f"{i % 100}", f"{i}.txt")) for i in range(10_000)]
        for path in many:
            Path(path).parent.mkdir(exist_ok=True)
            Path(path).touch()
        compare(f"{len(many):,} files asked about", lambda: module.ask(many), root, turns=15)
        compare("the same, elsewhere", lambda: module.ask(many), os.path.join(root, "none"), turns=15)
        compare("an import of pandas", lambda: importlib.import_module("pandas"), root, turns=5)


if __name__ == "__main__":
    main()
