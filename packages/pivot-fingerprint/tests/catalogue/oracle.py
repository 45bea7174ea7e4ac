"""What do a project's stages write now? Executes them, every one, with nothing remembered: the judge of every case.

An ``Oracle`` is one fresh interpreter, which forks for each project and again for each stage, so that nothing that
one does is seen by another. Stands alone: ``stand_in/pivot.py`` takes the place of Pivot.
"""

import hashlib
import importlib
import json
import os
import random
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

HERE = Path(__file__).parent
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")  # of the caller's environment


class Output(NamedTuple):
    """What a stage wrote: the path relative to the project, and a digest of the bytes."""

    path: str
    digest: str


class OracleError(Exception):
    """A project does not run; the text is its traceback."""


class Server:
    """A script that calls ``answer``, running; use it in a ``with`` block. It works for one caller at a time."""

    def __init__(self, script: Path, **variables: str) -> None:
        """Start it; the variables are added to its environment."""
        self._asked = 0
        self._process = subprocess.Popen(
            [sys.executable, "-B", os.fspath(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | variables,
            text=True,
        )

    def ask(self, requests: Sequence[Any]) -> list[Any]:
        """Return the answer to each request. Raises OracleError with the traceback of the first that failed."""
        assert self._process.stdin and self._process.stdout
        self._asked += 1
        self._process.stdin.write(json.dumps([self._asked, requests]) + "\n")
        self._process.stdin.flush()
        number = 0
        while number != self._asked:  # the answer to one who went away, as a test does at its time limit, is for nobody
            number, answers = json.loads(
                self._process.stdout.readline() or f'[{self._asked}, [{{"error": "the script has ended"}}]]'
            )
        for one in answers:
            if "error" in one:
                raise OracleError(one["error"])
        return [one["value"] for one in answers]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


class Oracle(Server):
    """Runs whole projects."""

    def __init__(self, **variables: str) -> None:
        """Start it; the variables are added to its environment, such as ``PYTHONHASHSEED``."""
        super().__init__(Path(__file__), **variables)

    def outputs(self, *projects: Any) -> list[dict[str, Output]]:
        """Return for each project {stage: Output}, written below its root. Raises OracleError if a stage fails."""
        rows = self.ask([[os.fspath(project.root), environment(project.env)] for project in projects])
        return [{stage: Output(*row) for stage, row in answer.items()} for answer in rows]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a run: little of this process's, and the case's own variables."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | dict(env)


def answer(work: Callable[[Any], object]) -> None:
    """Answer each line of requests with a line of results, every request in a child of its own."""
    sys.path.insert(0, os.fspath(HERE / "stand_in"))
    importlib.import_module("pivot")
    sys.path[0:2] = []  # the stand-in's directory and this script's
    for line in sys.stdin:
        number, requests = json.loads(line)
        children = [Child(lambda request=request: work(request)) for request in requests]
        print(json.dumps([number, [child.result() for child in children]]), flush=True)


class Child:
    """A forked process that does some work and sends its JSON result."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Start it."""
        self.receiver, sender = os.pipe()
        dice = random.getstate()
        self.pid = os.fork()
        if self.pid:
            os.close(sender)
            return
        random.setstate(dice)  # Python gives a forked process another one, and a project may have set its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            result: dict[str, object] = {"value": work()}
        except BaseException:
            result = {"error": traceback.format_exc()}
        with open(sender, "w") as stream:
            json.dump(result, stream)
        os._exit(0)

    def result(self) -> dict[str, Any]:
        """Wait for the result: {"value": …} or {"error": traceback}."""
        with open(self.receiver) as stream:
            text = stream.read()
        os.waitpid(self.pid, 0)
        return json.loads(text or '{"error": "the process ended without a result"}')


def enter(root: str, env: Mapping[str, str]) -> None:
    """Become the process that a project expects: its directory, variables and import path."""
    sys.modules["__main__"].__dict__.pop("__file__", None)  # else a worker that is spawned would execute this script
    os.chdir(root)
    os.environ.clear()
    os.environ.update(env)
    beside = env.get("PYTHONPATH", "").split(os.pathsep) if env.get("PYTHONPATH") else []
    sys.path[0:0] = [root, *beside]
    importlib.invalidate_caches()


def load() -> Any:
    """Import the project's pipeline.py and return its pipeline."""
    return importlib.import_module("pipeline").pipeline


def run(stage: Any) -> Output:
    """Run a stage in a child. Raises OracleError if it fails."""
    result = Child(stage.run).result()
    if "error" in result:
        raise OracleError(result["error"])
    path = stage.output.path
    return Output(path, hashlib.sha256(Path(path).read_bytes()).hexdigest())


def _run_all(request: tuple[str, dict[str, str]]) -> dict[str, Output]:
    enter(*request)
    return {name: run(stage) for name, stage in load().stages.items()}


if __name__ == "__main__":
    answer(_run_all)
