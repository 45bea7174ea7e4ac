"""The manifest of a pipeline: the one that was kept, while nothing that it was made from changed, else a new one.

On the hot path: nothing of the user's is imported here, and no process is started while the kept manifest stands. A new
one is made by ``load_child`` in a process of its own.
"""

import os
from contextlib import suppress
from typing import Protocol

import orjson

from pivot import errors
from pivot.errors import NoPipeline, PipelineFailed, PivotError, StorageError
from pivot.execute.interpreter import ANEW, Starter, anonymous_file
from pivot.grounds import Ground, holds, python_ground
from pivot.manifest import Manifest, decode
from pivot.project import Project
from pivot_cache import hash_bytes


class Memo(Protocol):
    """What a caller lends: digests of files, and a place to keep texts."""

    def digest(self, path: str) -> str | None:
        """Return the BLAKE3 digest of a file's content as it is now, None if there is none."""

    def get(self, key: str) -> bytes | None:
        """Return what was kept under a key."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a value under a key."""


def load(project: Project, *, memo: Memo, kept: Manifest | None = None, starter: Starter = ANEW) -> Manifest:
    """Return the manifest of the project's pipeline: ``kept`` itself if it is current, else a new one.

    Raises NoPipeline, DeclarationError and PipelineFailed; RuntimeError if Pivot itself fails in the other process.
    """
    python = python_ground(project)
    if kept is not None and python in kept.inputs:
        if current(kept, project, memo):
            return kept
        from pivot.renewal import renewed  # lazy: it parses source

        if (manifest := renewed(kept, project, memo)) is not None:
            return manifest
    if not project.pipeline.is_file():  # a watch is there before and after
        raise NoPipeline(f"{project.relative(project.pipeline)} is gone", hint="put it back, or end this with Ctrl-C")
    made = _ask_child(project, starter) or _ask_child(project, ANEW)
    assert made is not None  # anew, a process finds nothing imported
    return _with_texts(made, project, memo)._replace(inputs=(*made.inputs, python))


def _with_texts(made: Manifest, project: Project, memo: Memo) -> Manifest:
    """Keep the texts of modules: with those, many an edit needs no new import (``renewal``)."""
    digests = {one.name: one.digest for one in made.inputs if one.kind == "source"}
    sees_lines = made.sees_lines
    for path in {one.path for one in made.ran}:
        with suppress(OSError):
            text = project.root.joinpath(path).read_bytes()
            if hash_bytes(text) == digests.get(path):
                sees_lines |= b"lineno" in text  # of tracebacks, frames, classes: reading these leaves no trace
                memo.put(f"module {digests[path]}", text)
    return made._replace(sees_lines=sees_lines)


def current(manifest: Manifest, project: Project, memo: Memo) -> bool:
    """Return whether everything that a manifest was made from is as it was then, but for Python itself."""
    if manifest.pipeline != project.relative(project.pipeline):
        return False
    return all(_stands(one, str(project.root), memo) for one in manifest.inputs)


def _stands(recorded: Ground, root: str, memo: Memo) -> bool:
    match recorded.kind:
        case "source" | "file":
            return memo.digest(os.path.join(root, recorded.name)) == recorded.digest
        case "python":
            return True  # compared by ``load``
        case _:
            return holds(recorded, root)


def _ask_child(project: Project, starter: Starter) -> Manifest | None:
    """Have the pipeline imported in a new process, and return its answer; an interruption ends that process.

    None if it found libraries imported that must not have been, which the starter is told.
    """
    import signal  # not for the hot path

    code = f"from pivot.load_child import main; main({str(project.root)!r}, {str(project.pipeline)!r}, 3, 4)"
    descriptors: list[int] = []
    try:
        try:
            answer = anonymous_file()
            descriptors.append(answer)
            nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            descriptors.append(nothing)
            alive, held = os.pipe()  # held while this process lives
            descriptors += alive, held
            child = starter.start(code, (nothing, 2, 2, answer, alive), session=False)
        except OSError as error:
            raise StorageError(
                f"no process could be started to import {project.pipeline.name}: {error.strerror}",
                hint="the system is out of processes, open files or memory",
            ) from error
        try:
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # its number stays that of its group alone
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
                os.killpg(child, signal.SIGKILL)  # what the import started, and nobody needs any more
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except BaseException:
            for end in (os.killpg, os.kill):  # it may lead no group yet, or have ended just now
                with suppress(ProcessLookupError):
                    end(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
            raise
        size = os.fstat(answer).st_size
        data = os.pread(answer, size, 0)
        if data[:1] == b"S":
            starter.give_up(f"importing the pipeline sets {data[1:].decode()}, which libraries may read before")
            return None
        return _read(data, status, project)
    finally:
        for one in descriptors:
            os.close(one)


def _read(answer: bytes, status: int, project: Project) -> Manifest:
    kind, data = answer[:1], answer[1:]
    if kind == b"M" and (manifest := decode(data)) is not None:
        return manifest
    if kind == b"E" and status == 0:
        name, problem, fields = orjson.loads(data)
        error: PivotError = getattr(errors, name)(problem, **fields)
        raise error
    if kind == b"B":
        raise RuntimeError(f"in the process that loads the pipeline:\n{data.decode()}")
    how = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
    raise PipelineFailed(
        f"the process that imported {project.pipeline.name} {how} before it was done",
        file=project.relative(project.pipeline),
        line=1,
        hint="something that it imports ends the process; try: python -X faulthandler -c 'import pipeline'",
    )
