"""Outputs in the workspace: removing them before a run, giving them back from the cache.

The ownership rule lives here: Pivot overwrites or deletes a file only if its bytes are in the cache. Whatever else is at an
output's path is saved to the cache first, and said.
"""

import os
from collections.abc import Iterator

from pivot_cache import Content

from pivot.lock import Damaged, Lock, write_lock
from pivot.look import Look
from pivot.observation import Observation
from pivot.workspace import Workspace


def clear_outputs(workspace: Workspace, look: Look, now: Observation, lock: Lock | Damaged | None) -> Iterator[str]:
    """Remove what is at the outputs' paths, so that a stage starts from nothing; yield a sentence for each file saved first."""
    for out in now.stage.outs:
        path = look.absolute(out.path)
        content = look.content(out.path)
        if content is None:
            continue
        yield from _save(workspace, look, out.path, content)
        _remove(path)
        look.scan.forget(path)


def restore_outputs(
    workspace: Workspace, look: Look, now: Observation, lock: Lock | Damaged | None, trace: Lock
) -> Iterator[str]:
    """Give back the outputs of a trace and make it the stage's lock; yield a sentence for each file saved first.

    Raises CacheError where an object is missing or damaged; nothing is recorded then.
    """
    mode = str(workspace.config.values["cache.checkout_mode"])
    for path, output in trace.outputs.items():
        found = look.content(path)
        if found == output.content:
            continue
        if found is not None:
            yield from _save(workspace, look, path, found)
        workspace.store.restore(output.content, look.absolute(path), mode=mode, scan=look.scan)
    write_lock(workspace.lock_path(now.stage), trace, durable=workspace.config.durable)


def _save(workspace: Workspace, look: Look, path: str, content: Content) -> Iterator[str]:
    if workspace.store.has_all(content):
        return
    saved = workspace.store.save(look.absolute(path), scan=look.scan)
    place = workspace.store.path(saved.digest)
    yield f"{path} was not made by this stage as it stands: it is kept as {look.project.relative(place)}"


def _remove(path: str) -> None:
    if not os.path.isdir(path) or os.path.islink(path):
        os.unlink(path)
        return
    for entry in os.scandir(path):
        _remove(entry.path)
    os.rmdir(path)
