"""The answer of a plan, remembered: which stages were up to date, and all that this rests on.

``recall`` gives the stages back if all were, as long as nothing that was looked at can have changed: each file has the
stamp with which its content was found (or, if it was too fresh then, that content), each directory its tree, whatever
was missing is missing, variables, import path and interpreter are the same. A doubt is an answer, too: then ``doubt``
says about which stages, and everything about these is looked at again. Written by ``remember``; once a file is no
longer too fresh, its stamp takes the place of its content (``settle``). This module decides nothing.
"""

import os
from errno import ENAMETOOLONG, ENOENT, ENOTDIR

import orjson

from pivot.grounds import Ground, holds, python_ground
from pivot.project import Project, import_roots
from pivot_cache import CacheError, State, hash_bytes
from pivot_cache.stamp import DISTRUST, stamp
from pivot_fingerprint import SCHEME, Analysis
from pivot_fingerprint.named import NamedTuple

FORMAT = 2
SPACE = "standing"


class Answer(NamedTuple):
    """What is remembered of a plan. Paths are absolute."""

    trust: str  # what is another whenever stamps turned out to prove nothing
    manifest: str
    stages: list[str]  # all of the pipeline, in order
    open: list[int]  # numbers of those that were not up to date
    python: Ground
    grounds: list[Ground]
    code: str
    files: list[str]
    stamps: str  # a digest of all stamps of the files
    directories: dict[str, str]
    absent: list[str]
    fresh: dict[str, list[str]]  # files by kind and digest


def recall(project: Project, state: State, seen: dict[str, bytes]) -> tuple[str, ...] | None:
    """Return the stages of the pipeline, in order, if all are up to date for certain; None means: look.

    ``seen`` takes the stamps of files that were looked at, for whoever is to look on.
    """
    kept = state.get(SPACE, key(project))
    if kept is None:
        return None
    try:
        answer = Answer(*orjson.loads(kept))
        if answer.open or not is_of(answer, project, state):
            return None
        if stamps_of(answer.files, seen) != answer.stamps or any(is_there(path) for path in answer.absent):
            return None
        root = str(project.root)
        if not all(holds(Ground(*one), root) for one in answer.grounds):
            return None
        if not Analysis(import_roots(project)).stands(answer.code.encode()):
            return None
        if answer.directories or answer.fresh:
            from pivot_cache import Scan  # most pipelines read and make files alone, and were not edited just now

            scan = Scan(state)
            if any((scan.content(path) or ("", ""))[1] != digest for path, digest in answer.directories.items()):
                return None
            if any(list(scan.content(path) or ())[:2] != told for path, told in answer.fresh.items()):
                return None
            if not answer.fresh.keys().isdisjoint(settled := scan.seen().files):
                from pivot.doubt import settle  # once for each file

                settle(project, state, settled)
        return tuple(answer.stages)
    except (OSError, ValueError, TypeError, AttributeError, CacheError):  # the long way has the words for it
        return None


def key(project: Project) -> str:
    """Return the name under which the answer for a pipeline is kept."""
    return f"{FORMAT} {SCHEME} {project.pipeline}"


def is_of(answer: Answer, project: Project, state: State) -> bool:
    """Return whether an answer is of this interpreter and the manifest that is kept, and stamps may be trusted."""
    if answer.trust != trust(state) or list(answer.python) != list(python_ground(project)):
        return False
    return answer.manifest == manifest_name(state, project)


def trust(state: State) -> str:
    """Return what is another whenever stamps turned out to prove nothing."""
    return (state.get(DISTRUST, b"") or b"").hex()


def manifest_name(state: State, project: Project) -> str | None:
    """Return the name of the manifest that is kept."""
    data = state.get("manifest", project.relative(project.pipeline))
    return None if data is None else hash_bytes(data)


def stamps_of(files: list[str], seen: dict[str, bytes]) -> str:
    """Return a digest of the files' stamps, and put these into ``seen``; raises OSError if one cannot be looked at."""
    stat = os.stat
    for path in files:
        seen[path] = stamp(stat(path))
    return hash_bytes(b"".join(map(seen.__getitem__, files)))


def is_there(path: str) -> bool:
    """Return whether something is at a path, also if that cannot be said."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno not in (ENOENT, ENOTDIR, ENAMETOOLONG)
    return True
