"""What a fingerprint costs: cold, after an edit of one module, unchanged; and how that grows with the project.

Run alone: ``python tests/benchmarks/fingerprint.py``. Each figure is that of a new process with the state database of
the one before, as a command has it. Edits and unchanged are asked in turn. Limits are those for 1,000 functions in 100
modules and 50 stages; from there on the times may grow in proportion to the project, and no faster.
"""

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pivot_cache import Scan, State
from pivot_fingerprint import Analysis, Entry
from pivot_fingerprint.memo import Memo

FUNCTIONS_A_MODULE = 10
MODULES = 100  # of the project for which there are limits
TURNS = 7
COLD = 3
SETTLE = 2.5  # seconds
COLD_LIMIT, EDIT_LIMIT = 1000, 50  # milliseconds; an edit's on top of unchanged
LOOP = "    for k in range("

type Edit = Callable[[str], str]


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
        lines += [f"LIMIT{number} = {number}", f"class Model{number}:", f"    scale = LIMIT{number}"]
        for at in range(FUNCTIONS_A_MODULE):
            lines += [f"def f{number}_{at}(x, y=LIMIT{number}):", f'    """Function {at}."""']
            lines += [f"    total = np.zeros(3).sum() + x * {at}"]
            lines += [f"    total += f{number}_{chosen.randrange(at)}(x)"] if at else []
            lines += [f"    total += f{one}_{chosen.randrange(2)}(x)" for one in below]
            lines += ["    for k in range(10):", "        total = total + k if k % 2 else total - k"]
            lines += [f"    return {{'total': total, 'given': [x, y, Model{number}.scale]}}"]
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


def ask(root: Path, modules: int, stages: int) -> tuple[float, float, int]:
    """Return how long the fingerprints of all stages take in this process, wall and processor time in milliseconds, and
    the parts of one."""
    entries = {
        f"s{stage}": [Entry(f"app.mod{number}", f"f{number}_{FUNCTIONS_A_MODULE - 1}")]
        for stage, number in enumerate(entry_modules(modules, stages))
    }
    imported = ["app", *(f"app.mod{number}" for number in range(modules)), "pipeline"]
    memo = StateMemo(root / "state.db")
    checked: Memo = memo
    began, busy = time.perf_counter(), time.process_time()
    found = Analysis([str(root)], memo=checked).fingerprints(entries, imported=imported)
    took, worked = (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000
    memo.close()
    return took, worked, sum(len(one.parts) for one in found.values()) // len(found)


def in_new_process(root: Path, modules: int, stages: int) -> tuple[float, float, int]:
    """Ask in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, __file__, str(root), str(modules), str(stages)]
    took, worked, parts = subprocess.run(
        command, env=environ, check=True, capture_output=True, text=True
    ).stdout.split()
    return float(took), float(worked), int(parts)


def edits(modules: int, turn: int) -> dict[str, tuple[int, Edit]]:
    """Return edits of one module each: what it is, the module, and what becomes of its text in a turn."""
    here = modules // 2
    call, function = f"    total += new_{turn}(x)\n", f"def new_{turn}(x):\n    return x + {turn}\n"
    kind, method = f"class Model{here}:\n", f"    def more_{turn}(self):\n        return {turn}\n"

    def another_number(text: str) -> str:
        return text.replace(f"range({10 + turn})", f"range({11 + turn})")

    return {
        "a helper that many reach": (0, another_number),
        "a helper in the middle": (here, another_number),
        "a constant": (here, lambda text: re.sub(r"(LIMIT\d+) = .*", rf"\1 = {1000 + turn}", text)),
        "a helper uses another name": (here, lambda text: re.sub(r"np\.\w+", f"np.name{turn}", text)),
        "a helper uses another one": (
            here,
            lambda text: text.replace(LOOP, f"    total += f{here}_{turn + 1}(x)\n{LOOP}", 1),
        ),
        "a new import": (here, lambda text: f"from app.mod{turn} import f{turn}_7\n{text}"),
        "a new function, called": (here, lambda text: text.replace(LOOP, call + LOOP, 1) + function),
        "a function removed": (here, lambda text: text.replace(call, "").replace(function, "")),
        "a class gains a method": (here, lambda text: text.replace(kind, kind + method)),
    }


def measure(modules: int, stages: int, turns: int) -> tuple[dict[str, list[tuple[float, float]]], int]:
    """Return the times of each kind of question, and the parts of a stage."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, "project")
        write_project(root, modules, stages)
        for turn in range(turns):
            if turn < COLD:
                (root / "state.db").unlink(missing_ok=True)
                found.setdefault("cold", []).append(in_new_process(root, modules, stages)[:2])
            for name, (number, edit) in edits(modules, turn).items():
                in_new_process(root, modules, stages)
                time.sleep(SETTLE)  # until the stamps of files prove that they are unchanged
                in_new_process(root, modules, stages)
                found.setdefault("unchanged", []).append(in_new_process(root, modules, stages)[:2])
                file = root / "app" / f"mod{number}.py"
                text = file.read_text()
                assert edit(text) != text, name
                file.write_text(edit(text))
                *took, parts = in_new_process(root, modules, stages)
                found.setdefault(name, []).append((took[0], took[1]))
    return found, parts


def main() -> None:
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; wall and processor time, ms; each in a new process"
    )
    for modules, stages, turns in ((MODULES, 50, TURNS), (200, 50, 2), (500, 50, 2), (1000, 50, 2)):
        found, parts = measure(modules, stages, turns)
        print(f"{modules * FUNCTIONS_A_MODULE:,} functions in {modules:,} modules, {stages} stages of {parts} parts")
        nothing = min(wall for wall, _ in found["unchanged"]), min(worked for _, worked in found["unchanged"])
        for name, times in found.items():
            wall, worked = [one for one, _ in times], [one for _, one in times]
            more = f"   on top of unchanged {min(wall) - nothing[0]:5.0f} wall {min(worked) - nothing[1]:5.0f} worked"
            limit = {"cold": COLD_LIMIT, "unchanged": None}.get(name, EDIT_LIMIT) if modules == MODULES else None
            print(
                f"  {name:<28} wall {min(wall):5.0f} least {statistics.median(wall):5.0f} median"
                f"   worked {min(worked):5.0f} least {statistics.median(worked):5.0f} median"
                f"{'' if name in ('cold', 'unchanged') else more}{'' if limit is None else f' (limit {limit})'}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*ask(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
