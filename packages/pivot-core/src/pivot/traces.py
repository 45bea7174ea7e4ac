"""Constructive traces: which outputs came out the last times that a stage was run in exactly this state.

A trace is kept under the run key, the digest of all that is known before a run. What only the run showed (undeclared
reads, variables, definitions reached dynamically) stands in the record and must be the same now.
"""

from collections.abc import Callable, Sequence

import orjson

from pivot.lock import Lock, from_json, to_json
from pivot.look import Look
from pivot.observation import Observation, run_key
from pivot_cache import LocalStore, Runs

KEPT = 16  # records under one key: states that differ only in what runs showed


def find_trace(runs: Runs, look: Look, now: Observation) -> Lock | None:
    """Return the record of a run in exactly this state, None if there is none."""
    if any(content is None for content in now.inputs.values()):
        return None
    return next((lock for lock in read_records(runs, run_key(now)) if holds(look, now, lock)), None)


def keep_trace(runs: Runs, now: Observation, lock: Lock) -> None:
    """Keep the record of a run, newest first."""
    key = run_key(now)
    others = [other for other in read_records(runs, key) if not _same_state(other, lock)]
    keep_only(runs, key, (lock, *others[: KEPT - 1]))


def complete(store: LocalStore, lock: Lock) -> bool:
    """Return whether every byte of the recorded outputs is in the cache."""
    return all(store.has_all(output.content) for output in lock.outputs.values())


def keep_only(runs: Runs, key: str, locks: Sequence[Lock]) -> None:
    """Replace the records under a key; remove it if there are none."""
    if locks:
        runs.put(key, orjson.dumps([to_json(one) for one in locks]))
    else:
        runs.remove(key)


def read_records(runs: Runs, key: str) -> list[Lock]:
    """Return the records under a key, newest first; none if they cannot be read."""
    data = runs.get(key)
    if data is None:
        return []
    try:
        return [from_json(body) for body in orjson.loads(data)]
    except (ValueError, TypeError):
        return []  # garbage is a miss: the stage runs, and the next record replaces it


def holds(look: Look, now: Observation, lock: Lock) -> bool:
    """Return whether the record of a run under the key of this state is of exactly this state."""
    if lock.scheme != now.scheme or lock.outputs.keys() != {out.path for out in now.stage.outs}:
        return False
    if any(look.read_again(path) != digest for path, digest in lock.reads.items()):
        return False
    if any(look.variable(name) != digest for name, digest in lock.env.items()):
        return False
    if not lock.observed:
        return True  # the key says it all
    code = look.fingerprint(now.stage, lock.observed)
    return dict(code.packages) == lock.packages and now._replace(code=code).parts == lock.parts


def _same_state(one: Lock, other: Lock) -> bool:
    keys: tuple[Callable[[Lock], object], ...] = (
        lambda x: x.reads,
        lambda x: x.env,
        lambda x: x.parts,
        lambda x: x.packages,
    )
    return all(key(one) == key(other) for key in keys)
