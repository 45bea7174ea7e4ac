"""The whole answer "all stages are up to date", remembered: it stands while all that it rests on is as it was.

``remember`` is told of a plan that skips every stage; ``recall`` gives its stages back as long as nothing that was
looked at can have changed: each file has the stamp with which its content was found (and was settled then, see
``pivot_cache.stamp``), each directory its tree, whatever was missing is missing, variables, import path and interpreter
are the same. A doubt is an answer, too: then everything is looked at again. This module decides nothing.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from errno import ENAMETOOLONG, ENOENT, ENOTDIR
from typing import TYPE_CHECKING

import orjson

from pivot.grounds import Ground, holds, python_ground
from pivot.paths import parents
from pivot.project import Project, import_roots
from pivot_cache import CacheError, State, hash_bytes
from pivot_cache.stamp import DISTRUST, stamp
from pivot_fingerprint import SCHEME, Analysis
from pivot_fingerprint.access import listing_digest

if TYPE_CHECKING:
    from pivot.look import Look
    from pivot.plan import Plan
    from pivot.workspace import Workspace

FORMAT = 1
_SPACE = "standing"


def recall(project: Project, state: State) -> tuple[str, ...] | None:
    """Return the stages of the pipeline, in order, if all are up to date for certain; None means: look."""
    key = _key(project)
    kept = state.get(_SPACE, key)
    if kept is None:
        return None
    try:
        trust, manifest, stages, python, grounds, code, files, stamps, directories, absent = orjson.loads(kept)
        if trust != _trust(state) or python != list(python_ground(project)) or _manifest(state, project) != manifest:
            return None
        if _stamps(files) != stamps or any(_is_there(path) for path in absent):
            return None
        root = str(project.root)
        if not all(holds(Ground(*one), root) for one in grounds):
            return None
        if not Analysis(import_roots(project)).stands(code.encode()):
            return None
        if directories:
            from pivot_cache import Scan  # most pipelines read and make files alone

            scan = Scan(state)
            if any((scan.content(path) or ("", ""))[1] != digest for path, digest in directories.items()):
                return None
        return tuple(stages)
    except (
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        CacheError,
    ):  # the long way finds the words for whatever is wrong
        return None


def remember(workspace: "Workspace", look: "Look", plan: "Plan") -> None:
    """Keep a plan of the whole pipeline that found nothing to do; nothing if something may not be relied on."""
    project, state = workspace.project, workspace.state
    manifest = _manifest(state, project)
    grounds = list(_grounds(workspace, look, plan))
    seen = look.scan.seen()
    if manifest is None or seen is None or any(one.kind == "unseen" for one in grounds):
        return
    facts = [
        _trust(state),
        manifest,
        [step.stage.name for step in plan.steps],
        next(one for one in look.manifest.inputs if one.kind == "python"),
        list(dict.fromkeys(grounds)),
        look.analysis.grounds().decode(),
        list(seen.files),
        hash_bytes(b"".join(seen.files.values())),
        seen.directories,
        seen.absent,
    ]
    with suppress(TypeError):  # a file name that is not UTF-8
        data = orjson.dumps(facts, default=tuple)
        if state.get(_SPACE, _key(project)) != data:
            state.put(_SPACE, _key(project), data)


def _grounds(workspace: "Workspace", look: "Look", plan: "Plan") -> Iterator[Ground]:
    """Yield what a plan rests on besides what its scan has seen, which this completes."""
    for one in look.manifest.inputs:
        if one.kind in ("source", "file"):
            if look.scan.digest(os.path.join(look.project.root, one.name)) != one.digest:
                yield Ground("unseen", one.name, None)  # changed meanwhile
        elif one.kind != "python":
            yield one
    for place in sorted({os.path.join(".pivot", "pending", step.stage.pipeline) for step in plan.steps}):
        yield Ground("listing", place, listing_digest(os.path.join(look.project.root, place)))  # of no result there
    made = {path.rstrip("/") for step in plan.steps for path in step.now.outputs}
    for step in plan.steps:
        if None in step.now.inputs.values() or workspace.pending.read(step.stage):
            yield Ground("unseen", step.stage.name, None)  # there is more to say than that it is up to date
        places = {one for given in step.now.inputs for one in (given.rstrip("/"), *parents(given.rstrip("/")))}
        for path in places - made:
            look.scan.content(look.absolute(path) + ".pvt")  # tracked data may come to be described, or anew
        yield from (Ground("env", name, digest) for name, digest in step.now.env.items())
        for path, digest in step.now.reads.items():
            if path.endswith("/."):
                yield Ground("directory", path[:-2], digest)
            elif path.endswith("/"):
                yield Ground("listing", path[:-1], digest)


def _key(project: Project) -> str:
    return f"{FORMAT} {SCHEME} {project.pipeline}"


def _trust(state: State) -> str:
    """Return what is another whenever stamps turned out to prove nothing."""
    return (state.get(DISTRUST, b"") or b"").hex()


def _manifest(state: State, project: Project) -> str | None:
    """Return the name of the manifest that is kept."""
    data = state.get("manifest", project.relative(project.pipeline))
    return None if data is None else hash_bytes(data)


def _stamps(files: list[str]) -> str:
    """Return a digest of the files' stamps; raises OSError if one cannot be looked at."""
    stat = os.stat
    return hash_bytes(b"".join([stamp(stat(path)) for path in files]))


def _is_there(path: str) -> bool:
    """Return whether something is at a path, also if that cannot be said."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno not in (ENOENT, ENOTDIR, ENAMETOOLONG)
    return True
