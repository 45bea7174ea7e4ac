"""Runs that somebody else made: a stage that would run takes over what came out elsewhere in exactly its state.

What is recorded elsewhere is asked for by the keys of runs. Only records that the caller trusts may be handed in here,
since nothing proves that a result was made from what its record says. How they travel is for who calls.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import orjson

from pivot.gitignore import ignore
from pivot.lock import Lock, decode, to_json
from pivot.look import Look
from pivot.observation import run_key
from pivot.plan import Plan, Step
from pivot.reasons import Forced, UpstreamRuns
from pivot.traces import complete, find_trace, holds, keep_trace, read_records
from pivot.wanted import Wanted
from pivot.workspace import Workspace
from pivot_cache import Content, ObjectId, Runs
from pivot_fingerprint.named import NamedTuple

type Ask = Callable[[Iterable[ObjectId]], Mapping[ObjectId, tuple[bytes, ...]]]
"""Returns the records of runs that are known elsewhere, by the keys of the runs."""


class Known(NamedTuple):
    """A stage that would run, and the record of the same run, made elsewhere."""

    step: Step
    lock: Lock

    @property
    def outputs(self) -> list[Wanted]:
        """What came out."""
        return [Wanted(path, self.lock.stage, output.content) for path, output in self.lock.outputs.items()]


def records_of(runs: Runs, contents: Collection[Content]) -> Iterator[tuple[ObjectId, bytes]]:
    """Yield key and record of each run whose outputs are all among the contents, as bytes that are always the same."""
    for key in runs.keys():  # noqa: SIM118  # it is no mapping
        for lock in read_records(runs, key):
            if lock.outputs and all(output.content in contents for output in lock.outputs.values()):
                yield key, orjson.dumps(to_json(lock), option=orjson.OPT_SORT_KEYS)


def find_known(workspace: Workspace, look: Look, planned: Plan, asked: set[str], ask: Ask) -> list[Known]:
    """Return what is known of stages that would run; ``asked`` are keys that were asked for, and grows."""
    steps = {
        run_key(step.now): step
        for step in planned.steps
        if step.decision.action == "run"
        and not any(isinstance(reason, Forced | UpstreamRuns) for reason in step.decision.reasons)
        and None not in step.now.inputs.values()
    }
    new = {ObjectId(key): steps[key] for key in steps.keys() - asked}
    asked.update(new)
    found = {key: lock for key, step in new.items() if (lock := find_trace(workspace.runs, look, step.now))}
    elsewhere = ask(new.keys() - found.keys()) if new.keys() - found.keys() else {}
    for key in new.keys() & elsewhere.keys():
        for data in elsewhere[key]:
            lock = _read(data)
            if lock is not None and lock.stage == new[key].stage.name and holds(look, new[key].now, lock):
                found[key] = lock
                break
    return [Known(step, found[key]) for key, step in new.items() if key in found]


def take_lock(workspace: Workspace, known: Known) -> bool:
    """Make the record the stage's own, as if git had brought it; not where anything is at the place of an output."""
    if any(os.path.lexists(workspace.project.root / path.rstrip("/")) for path in known.lock.outputs):
        return False
    ignore(workspace.project.root, (path for path, output in known.lock.outputs.items() if output.kind == "out"))
    workspace.write_locks([(known.step.stage, known.lock)])
    return True


def take_trace(workspace: Workspace, known: Known) -> bool:
    """Keep the record among the traces of the cache, if the cache has all outputs, so that they can be restored."""
    if not complete(workspace.store, known.lock):
        return False
    keep_trace(workspace.runs, known.step.now, known.lock)
    return True


def _read(data: bytes) -> Lock | None:
    try:
        return decode(data)
    except ValueError:
        return None
