"""Recording a run: what came out goes into the cache, then its trace, then the lock, which is the commit point.

Called by ``repro`` for a stage that ended well. Nothing is recorded unless the code that was executed and the inputs
that were read are the ones that were decided upon.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from pivot.execute.executor import Failure, Result
from pivot.gitignore import ignore
from pivot.lock import Lock, Output
from pivot.look import Look, stage_entries
from pivot.observation import Observation
from pivot.traces import keep_trace
from pivot.workspace import Workspace
from pivot_cache.errors import SourceMissing, printable
from pivot_cache.stamp import RACY_NS, clock
from pivot_fingerprint import Fingerprint, Observed, text_of
from pivot_fingerprint.surroundings import relative

WRITES = "nothing is recorded; run again, unless the stage itself writes there: then declare an output instead"
READS = (
    f"{WRITES}, and an input if it makes a hard link to it or sets its mode; if a program that it starts makes it, "
    "let the stage remove it before"
)


def verify(look: Look, now: Observation, result: Result, began: int) -> Failure | None:
    """Return why the result may not be recorded, None if it may.

    The code: the very bytes that were executed must be the ones that the fingerprint was made from. The inputs: still
    the same bytes as when it was decided to run.
    """
    for path, digest in result.sources:
        if look.sources.digest(path) != digest:
            return _changed(f"{look.project.relative(path)} was edited while the stage was starting")
    look.forget(now.stage)
    for path, content in now.inputs.items():
        if look.content(path) != content:
            how = "changed" if look.content(path) else "was removed"
            return _changed(f"the input {path} {how} while the stage was running", WRITES)
    inputs = {path.rstrip("/") for path in now.inputs}
    outputs = {out.path.rstrip("/") for out in now.stage.outs}
    settled = dict(result.observed.settled)
    for path in result.observed.reads:
        look.scan.forget(path)
        name = relative(path, str(look.project.root))
        if _is_among(name, outputs):  # a library may ask about what it is to write
            continue
        as_read = path in settled and look.scan.digest(path) == settled[path]  # another process may have made it
        if not as_read and _touched(path, began, compared=_is_among(name, inputs)):
            return _changed(f"{name}, which the stage read, changed while it was running", READS)
    return None


def commit(
    workspace: Workspace,
    look: Look,
    done: Sequence[tuple[Observation, Result]],
    meanwhile: Callable[[], object] | None = None,
) -> list[Lock]:
    """Record runs that ``verify`` found good, and return their locks; all of them wait for the disk together.

    ``meanwhile`` is called again and again while they do. It may start other stages, and record none.

    Raises CacheError where the cache cannot take the outputs; the old locks then stand, but for those that were written
    before the error.
    """
    outs = [(now.stage, out) for now, _ in done for out in now.stage.outs]
    places = [(look.absolute(out.path), None) for _, out in outs]
    found = workspace.store.save_all(places, scan=look.scan, meanwhile=meanwhile)
    outputs: dict[str, dict[str, Output]] = {now.stage.name: {} for now, _ in done}
    for (stage, out), content in zip(outs, found, strict=True):
        outputs[stage.name][out.path] = Output(content, out.kind)
    ignore(workspace.project.root, (out.path for _, out in outs if out.kind == "out"))
    locks: list[Lock] = []
    for now, result in done:
        lock = _record(workspace, look, now, result.observed, outputs[now.stage.name])
        keep_trace(workspace.runs, now, lock)
        locks.append(lock)
    stages = (now.stage for now, _ in done)
    workspace.write_locks(list(zip(stages, locks, strict=True)), meanwhile)
    return locks


def hold_back(workspace: Workspace, look: Look, now: Observation, result: Result) -> Lock:
    """Note what a run was made from without recording it: the outputs stay where they are, and only there.

    Raises SourceError where an output cannot be kept later either.
    """
    stage = now.stage
    outputs: dict[str, Output] = {}
    for out in stage.outs:
        content = look.content(out.path)
        if content is None:
            raise SourceMissing(look.absolute(out.path))
        outputs[out.path] = Output(content, out.kind)
    ignore(workspace.project.root, (out.path for out in stage.outs if out.kind == "out"))
    lock = _record(workspace, look, now, result.observed, outputs)
    workspace.pending.write(stage, lock)
    return lock


def _record(
    workspace: Workspace, look: Look, now: Observation, observed: Observed, outputs: Mapping[str, Output]
) -> Lock:
    """Return the record of a run, and keep the sources of all that it showed."""
    extra = tuple(sorted(unexpected(look, now, observed)))
    code = look.fingerprint(now.stage, extra) if extra else now.static
    now = now._replace(code=code)
    keep_sources(workspace, look, code)
    inputs = {path: content for path, content in now.inputs.items() if content is not None}
    own = {path.rstrip("/") for path in (*inputs, *outputs)}
    return Lock(
        now.stage.name,
        now.scheme,
        now.parts,
        extra,
        dict(code.packages),
        now.stage.params,
        inputs,
        {path: look.read(path) for path in undeclared(look, observed, own)},
        {name: look.variable(name) for name, _ in observed.env},
        outputs,
    )


def unexpected(look: Look, now: Observation, observed: Observed) -> Iterator[str]:
    """Yield what executed outside the closure: definitions as ``module:name``, modules as ``module:``."""
    beyond = look.analysis.unexpected(
        stage_entries(now.stage),
        observed,
        imported=look.manifest.modules,
        reads=look.manifest.reads,
        known=now.static,
    )
    yield from (f"{entry.module}:{entry.qualname}" for entry in beyond)


def undeclared(look: Look, observed: Observed, own: set[str]) -> Iterator[str]:
    """Yield what the stage read without declaring it, as a lock names it: files, and directories with a closing slash.

    The project's own directory is ``./``. Source that executed although no module name leads to it, as with ``runpy``,
    is such a file.
    """
    root = str(look.project.root)
    executed = dict.fromkeys((*observed.sources, *observed.modules))
    unnamed = [file for module, file in executed if not look.analysis.finds(module)]
    files = dict.fromkeys((*observed.reads, *unnamed))
    marked = [(path, "") for path in files] + [(path, "/") for path in observed.listings]
    for path, suffix in marked + [(path, "/.") for path in observed.directories]:
        name = relative(path, root)
        if not _is_among(name, own) and name.partition("/")[0] not in (".pivot", ".git"):
            yield name + suffix


def _is_among(name: str, paths: set[str]) -> bool:
    """Return whether a path is one of some, or below one."""
    above = name.split("/")
    return any("/".join(above[:depth]) in paths for depth in range(1, len(above) + 1))


def describe_read(path: str, digest: str | None) -> str:
    """Return what a stage did with a path of ``undeclared``, and what to do about it."""
    shown = printable(path)
    inside = not path.startswith(("../", "/"))
    advice = "declare it as a pivot.Dep" if inside else "a copy inside the project could be declared"
    if path == "./":
        return "listed the project's directory: the names there are tracked"
    if path.endswith("/."):
        return f"asked whether {shown.removesuffix('.')} is there: that is tracked"
    if digest is None:
        return f"looked for {shown}, which is not there: it is tracked, should it come"
    if path.endswith("/"):
        return f"listed {shown} without declaring it: its names are tracked; {advice}"
    return f"read {shown} without declaring it: it is tracked; {advice}"


def keep_sources(workspace: Workspace, look: Look, code: Fingerprint) -> None:
    """Keep the text of each part, so that ``status --diff`` can show what it was before a later edit."""
    for part in code.parts:
        if part.line and kept_source(workspace, part.key, part.digest) is None:
            text = look.analysis.source(part)
            if text is not None:
                kept = text.encode(errors="surrogateescape")
                workspace.state.put("source", _source_key(part.key, part.digest), kept)


def kept_source(workspace: Workspace, key: str, digest: str) -> str | None:
    """Return the text of a part that had this digest when it was last recorded here, None if it was not."""
    kept = workspace.state.get("source", _source_key(key, digest))
    return kept.decode(errors="replace") if kept is not None else None


def _source_key(key: str, digest: str) -> str:
    """The part counts as well: functions of other names and annotations may have the same digest."""
    return f"{text_of(digest)} {key}"


def _touched(path: str, began: int, *, compared: bool) -> bool:
    """Return whether a file may have been written since; one from the future was not, but by another clock.

    Anyone may set the time of modification; that of the change is the system's own, but a hard link changes it, too.
    So the first is enough for a file whose bytes were ``compared`` with those before.
    """
    try:
        status = os.stat(path)
    except OSError:
        return False
    at = status.st_mtime_ns if compared else status.st_ctime_ns
    return began < at <= clock() + RACY_NS


def _changed(
    problem: str, hint: str = "its outputs are left as they are and nothing is recorded; run again"
) -> Failure:
    return Failure("changed", problem, hint=hint)
