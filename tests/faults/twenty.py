"""A project of twenty stages with every kind of output, and what must be true of it however a run ended.

The small one has each kind of output once.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from workbench import PIVOT, Outcome, Project, wait_until

INJECTION = Path(__file__).with_name("injection.py")

DEFINITIONS = """
import os
import pathlib
from typing import Annotated

import pivot
import sums

JSON, Bytes, Text, PathOnly = pivot.loaders.JSON, pivot.loaders.Bytes, pivot.loaders.Text, pivot.loaders.PathOnly
pipeline = pivot.Pipeline("twenty")


class Scale(pivot.StageParams):
    factor: int = 3


def note(name):
    log = os.open("../ran.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(log, f"{name}\\n".encode())
    os.close(log)


def split(
    data: Annotated[list, pivot.Dep("data.json", JSON())],
) -> Annotated[pathlib.Path, pivot.Out("parts/", PathOnly())]:
    note("split")
    parts = pathlib.Path("parts")
    for place in range(8):
        (parts / str(place % 2)).mkdir(exist_ok=True)
        (parts / str(place % 2) / f"{place}.txt").write_text(str(sums.add(data[place::8])))
    return parts


def make_part(place):
    def part(
        parts: Annotated[pathlib.Path, pivot.Dep("parts/", PathOnly())], scale: Scale
    ) -> Annotated[dict, pivot.Out(f"part/{place}.json", JSON())]:
        note(f"part@{place}")
        return {"sum": scale.factor * int((parts / str(place % 2) / f"{place}.txt").read_text())}

    return part


def make_pair(place):
    def pair(
        one: Annotated[dict, pivot.Dep(f"part/{2 * place}.json", JSON())],
        other: Annotated[dict, pivot.Dep(f"part/{2 * place + 1}.json", JSON())],
    ) -> Annotated[dict, pivot.Out(f"pair/{place}.json", JSON())]:
        note(f"pair@{place}")
        return {"sum": sums.add([one["sum"], other["sum"]])}

    return pair


def make_large(place):
    def large(
        data: Annotated[list, pivot.Dep("data.json", JSON())],
    ) -> Annotated[bytes, pivot.Out(f"large/{place}.bin", Bytes())]:
        note(f"large@{place}")
        return bytes([place, sums.add(data) % 251]) * (1_300_000 * place + 1000)

    return large


def tree(
    zero: Annotated[dict, pivot.Dep("pair/0.json", JSON())], one: Annotated[dict, pivot.Dep("pair/1.json", JSON())]
) -> Annotated[pathlib.Path, pivot.Out("tree/", PathOnly())]:
    note("tree")
    top = pathlib.Path("tree")
    (top / "deep/er").mkdir(parents=True)
    (top / "deep/er/sum").write_text(str(zero["sum"] + one["sum"]))
    (top / "deep/link").symlink_to("er/sum")
    (top / "run").write_text("#!/bin/sh\\n")
    (top / "run").chmod(0o755)
    return top


def total(
    two: Annotated[dict, pivot.Dep("pair/2.json", JSON())], three: Annotated[dict, pivot.Dep("pair/3.json", JSON())]
) -> Annotated[dict, pivot.Out("total.json", JSON())]:
    note("total")
    return {"total": two["sum"] + three["sum"]}


def score(total: Annotated[dict, pivot.Dep("total.json", JSON())]) -> Annotated[dict, pivot.Metric("score.json")]:
    note("score")
    return {"score": total["total"] / 7}


def join(
    total: Annotated[dict, pivot.Dep("total.json", JSON())], large: Annotated[bytes, pivot.Dep("large/1.bin", Bytes())]
) -> Annotated[dict, pivot.Out("join.json", JSON())]:
    note("join")
    return {"join": total["total"] + len(large)}


def report(
    tree: Annotated[pathlib.Path, pivot.Dep("tree/", PathOnly())],
    join: Annotated[dict, pivot.Dep("join.json", JSON())],
    small: Annotated[bytes, pivot.Dep("large/0.bin", Bytes())],
) -> Annotated[str, pivot.Out("report.txt", Text())]:
    note("report")
    return f"{(tree / 'deep/link').read_text()} {join['join']} {small[1]}\\n"

"""
PIPELINE = f"""{DEFINITIONS}
for place in range(8):
    pipeline.register(make_part(place), name=f"part@{{place}}")
for place in range(4):
    pipeline.register(make_pair(place), name=f"pair@{{place}}")
for place in range(2):
    pipeline.register(make_large(place), name=f"large@{{place}}")
for stage in (split, tree, total, score, join, report):
    pipeline.register(stage)
"""
SMALL = f"""{DEFINITIONS}
part = "part/0.json"
pipeline.register(split)
pipeline.register(make_part(0), name="part@0")
pipeline.register(make_large(1), name="large@1")
pipeline.register(tree, deps={{"zero": part, "one": part}})
pipeline.register(total, deps={{"two": part, "three": part}})
pipeline.register(score)
"""
SUMS = """
def add(values):
    return sum(values)
"""
STAGES = 20
OUTPUTS = ("parts", "part", "pair", "large", "tree", "total.json", "score.json", "join.json", "report.txt")
OURS = ("__pycache__/", ".pivot/cache/", ".pivot/logs/", ".pivot/locks/", ".pivot/state.db")


class Twenty(Project):
    """The project; each process that it starts carries ``token`` in its environment."""

    def __init__(self, path: Path, home: Path) -> None:
        super().__init__(path, home)
        self.token = uuid.uuid4().hex
        self.environment["PIVOT_TRIAL"] = self.token

    def ran(self) -> list[str]:
        """The stages that ran since this was last asked."""
        log = self.path.parent / "ran.txt"
        names = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return names

    def change(self) -> None:
        """Edit the code of most stages, and the parameter of others."""
        self.edit("sums.py", "sum(values)", "sum(values) + 1")
        self.edit("pipeline.py", "factor: int = 3", "factor: int = 5")

    def change_back(self) -> None:
        """Undo ``change``: what comes next restores."""
        self.edit("sums.py", "sum(values) + 1", "sum(values)")
        self.edit("pipeline.py", "factor: int = 5", "factor: int = 3")

    def run_with(self, fault: str, *words: str, code: int | None, trace: Path | None = None) -> Outcome:
        """Run the command with a fault; see ``injection``."""
        told = {"PIVOT_FAULT": fault, **({"PIVOT_FAULT_TRACE": str(trace)} if trace else {})}
        return self.execute(sys.executable, str(INJECTION), *(words or ("repro",)), code=code, env=told)

    def count(self) -> int:
        """Return how many writes a run does now; it is done."""
        trace = self.path.parent / "count"
        self.run_with("count", code=0, trace=trace)
        return int(trace.read_text())

    def trace(self) -> list[list[str | None]]:
        """Return the writes of a run, which is done."""
        trace = self.path.parent / "trace"
        self.run_with("trace", code=0, trace=trace)
        return [json.loads(line) for line in trace.read_text().splitlines()]

    def run_for(self, seconds: float, *words: str) -> int:
        """Run the command, and kill it with -9 after so many seconds; return how it ended."""
        process = subprocess.Popen(
            [str(PIVOT), *(words or ("repro",))],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return process.wait()


class Result(NamedTuple):
    """What a run is for: the outputs, byte for byte, and the records of what they were made from."""

    outputs: Mapping[str, bytes | str]
    locks: Mapping[str, bytes]
    names: frozenset[str]  # every file but the cache and what belongs to one machine alone

    @classmethod
    def of(cls, project: Project) -> "Result":
        """Read the result that is there."""
        files = dict(read(project.path))
        return cls(
            {name: body for name, body in files.items() if name.split("/")[0] in OUTPUTS},
            {name: bytes(body) for name, body in files.items() if name.endswith(".lock") and isinstance(body, bytes)},
            frozenset(name for name in files if not name.startswith(OURS)),
        )


def read(top: Path) -> Iterator[tuple[str, bytes | str]]:
    """Yield every file below a directory with its bytes, an executable's name with a star; links with their text."""
    for directory, _, files in os.walk(top):
        for name in files:
            path = Path(directory, name)
            shown = path.relative_to(top).as_posix()
            if path.is_symlink():
                yield shown, os.readlink(path)
            elif path.is_file():
                yield shown + ("*" if path.stat().st_mode & 0o100 else ""), path.read_bytes()


def make(path: Path, template: Path | None = None, *, pipeline: str = PIPELINE) -> Twenty:
    """Make the project below a directory, or copy one that is there as it is."""
    path.mkdir(parents=True)
    project = Twenty(path / "project", home=path / "home")
    if template is None:
        data = json.dumps(list(range(40)))
        project.write({"pipeline.py": pipeline, "sums.py": SUMS, "data.json": data})
    else:
        shutil.copytree(template, project.path, symlinks=True, dirs_exist_ok=True)
    return project


def processes_of(token: str) -> list[int]:
    """Return the processes that were started for a project and are still there."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                environment = Path("/proc", entry, "environ").read_bytes()
            except OSError:
                continue
            if token.encode() in environment:
                found.append(int(entry))
    return found


def check_gone(project: Twenty) -> None:
    """Wait until no process of the project is left."""
    wait_until(lambda: not processes_of(project.token), lambda: f"left behind: {processes_of(project.token)}")


def check_free(project: Project) -> None:
    """No lock is held any more."""
    home = project.path / ".pivot"
    for path in [*home.glob("locks/**/*"), home / "cache/lock"]:
        if path.is_file():
            with path.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def check_cache(project: Project) -> None:
    """Each object has the bytes of its name, and each record names only objects that are there, all below included."""
    objects = project.path / ".pivot/cache/objects"
    there = {path.parent.name + path.name: path for path in objects.glob("??/*")}
    for name, path in there.items():
        assert blake3(path.read_bytes()).hexdigest() == name, f"{path} has other bytes"
        assert path.stat().st_mode & 0o777 == 0o444
    for lock in (project.path / ".pivot/stages").glob("*.lock"):
        for path, output in json.loads(lock.read_bytes())["outputs"].items():
            assert output["digest"] in there, f"{lock.name} names {path}, which the cache does not have"
            if output["kind"] == "directory":
                _check_tree(output["digest"], there)


def _check_tree(digest: str, there: Mapping[str, Path]) -> None:
    for name, kind, below, _ in json.loads(there[digest].read_bytes())["entries"]:
        assert below in there, f"the directory {digest} names {name}, which the cache does not have"
        if kind == "directory":
            _check_tree(below, there)


def check_same(found: Result, expected: Result, outcome: Outcome) -> None:
    """The outputs are the same bytes, made from the same things, and there is no other file."""
    for kind in ("outputs", "locks"):
        there, wanted = getattr(found, kind), getattr(expected, kind)
        wrong = sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))
        assert not wrong, f"{kind} that are not those of an undisturbed run: {wrong}\n{outcome}"
    assert found.names == expected.names, f"files: {sorted(found.names ^ expected.names)}\n{outcome}"


def check_recovery(project: Twenty, expected: Result) -> None:
    """After whatever happened, `pivot fsck` finds no damage, and plain `pivot repro` gives what an undisturbed run
    gives, and leaves no rubbish."""
    check_gone(project)
    check_free(project)
    check_cache(project)  # what fsck says is not taken on trust
    project.run("fsck", "--read-data", code=0)
    outcome = project.run("repro")
    check_same(Result.of(project), expected, outcome)
    left = list((project.path / ".pivot/cache/tmp").glob("*"))
    assert not left or "up to date" in outcome.stdout, f"{left} was left behind by a run that wrote"
    check_cache(project)
    assert not (project.path / ".pivot/cache/quarantine").exists(), str(outcome)
    project.ran()
    again = project.run("repro")
    assert project.ran() == [] and "up to date" in again.stdout, str(again)
    check_gone(project)
