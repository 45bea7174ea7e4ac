"""What a fingerprint costs: cold, after an edit of one module, unchanged; and how that grows with the project.

Run alone: ``python tests/benchmarks/fingerprint.py``. Each figure is that of a new process with the state database of
the one before, as a command has it; the medians of several turns. Targets for 1,000 functions in 100 modules and 50
stages: cold below 1 s, an edit below 50 ms more than unchanged, and growth in proportion to the project.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pivot_cache import Scan, State
from pivot_fingerprint import Analysis, Entry
from pivot_fingerprint.memo import Memo

FUNCTIONS_A_MODULE = 10
TURNS = 7


class StateMemo:
    """A state database as a memo, as Pivot lends it."""

    def __init__(self, path: Path) -> None:
        self._state = State(path)
        self._scan = Scan(self._state)

    def digest(self, path: str) -> str | None:
        return self._scan.digest(path)

    def get(self, key: str) -> bytes | None:
        return self._state.get("fingerprint", key)

    def put(self, key: str, value: bytes) -> None:
        self._state.put("fingerprint", key, value)

    def close(self) -> None:
        self._state.close()


def write_project(root: Path, modules: int, stages: int) -> None:
    """Write a project: each module has functions that call one another and those of up to three modules before it."""
    chosen = random.Random(1)
    package = root / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for number in range(modules):
        below = sorted({chosen.randrange(max(0, number - 20), number) for _ in range(3)}) if number else []
        lines = ["import os", "import numpy as np", *(f"from app.mod{one} import f{one}_0, f{one}_1" for one in below)]
        lines.append(f"LIMIT{number} = {number}")
        for at in range(FUNCTIONS_A_MODULE):
            lines += [f"def f{number}_{at}(x, y=LIMIT{number}):", f'    """Function {at}."""']
            lines += [f"    total = np.zeros(3).sum() + x * {at}"]
            lines += [f"    total += f{number}_{chosen.randrange(at)}(x)"] if at else []
            lines += [f"    total += f{one}_{chosen.randrange(2)}(x)" for one in below]
            lines += ["    for k in range(10):", "        total = total + k if k % 2 else total - k"]
            lines += ["    return {'total': total, 'given': [x, y]}"]
        (package / f"mod{number}.py").write_text("\n".join(lines) + "\n")
    last = f"f{{0}}_{FUNCTIONS_A_MODULE - 1}"
    lines = ["import pivot", *(f"from app import mod{number}" for number in range(modules))]
    lines += ["pipeline = pivot.Pipeline('benchmark')"]
    for stage, number in enumerate(entry_modules(modules, stages)):
        lines.append(f"pipeline.register(mod{number}.{last.format(number)}, name='s{stage}')")
    (root / "pipeline.py").write_text("\n".join(lines) + "\n")


def entry_modules(modules: int, stages: int) -> list[int]:
    """Return the modules in which stages begin, all over the project."""
    return [modules - 1 - stage * modules // stages for stage in range(stages)]


def ask(root: Path, modules: int, stages: int) -> tuple[float, int]:
    """Return how long the fingerprints of all stages take in this process, in milliseconds, and the parts of one."""
    entries = {
        f"s{stage}": [Entry(f"app.mod{number}", f"f{number}_{FUNCTIONS_A_MODULE - 1}")]
        for stage, number in enumerate(entry_modules(modules, stages))
    }
    imported = ["app", *(f"app.mod{number}" for number in range(modules)), "pipeline"]
    memo = StateMemo(root / "state.db")
    checked: Memo = memo
    began = time.perf_counter()
    found = Analysis([str(root)], memo=checked).fingerprints(entries, imported=imported)
    took = (time.perf_counter() - began) * 1000
    memo.close()
    return took, sum(len(one.parts) for one in found.values()) // len(found)


def in_new_process(root: Path, modules: int, stages: int) -> tuple[float, int]:
    """Ask in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, __file__, str(root), str(modules), str(stages)]
    took, parts = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.split()
    return float(took), int(parts)


def measure(modules: int, stages: int, turns: int) -> tuple[float, float, float, int]:
    """Return cold, edited and unchanged in milliseconds, and the parts of a stage."""
    cold, edited, unchanged = [], [], []
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, "project")
        write_project(root, modules, stages)
        edit_me = root / "app" / f"mod{modules // 2}.py"
        os.utime(edit_me, (0, 0))
        for turn in range(turns):
            (root / "state.db").unlink(missing_ok=True)
            cold.append(in_new_process(root, modules, stages)[0])
            in_new_process(root, modules, stages)
            unchanged.append(in_new_process(root, modules, stages)[0])
            edit_me.write_text(edit_me.read_text().replace(f"range({10 + turn})", f"range({11 + turn})"))
            took, parts = in_new_process(root, modules, stages)
            edited.append(took)
    return statistics.median(cold), statistics.median(edited), statistics.median(unchanged), parts


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; medians; each figure of a new process")
    print(
        f"{'functions':>10} {'modules':>8} {'stages':>7} {'parts':>6}"
        f" {'cold ms':>9} {'edit ms':>9} {'unchanged ms':>13}"
    )
    for modules, stages, turns in ((100, 50, TURNS), (200, 50, 3), (500, 50, 3), (1000, 50, 3)):
        cold, edited, unchanged, parts = measure(modules, stages, turns)
        functions = modules * FUNCTIONS_A_MODULE
        print(
            f"{functions:>10,} {modules:>8,} {stages:>7} {parts:>6} {cold:>9.0f} {edited:>9.1f} {unchanged:>13.1f}"
            f"   cold {cold / functions:.2f} ms a function",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*ask(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
