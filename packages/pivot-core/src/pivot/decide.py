"""The heart: from what is recorded and what is there now to what to do. Pure: no files, no clock, no printing.

``repro`` acts on the decision and ``status --explain`` prints the very same value.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson

from pivot.lock import Lock
from pivot.observation import Observation, code_changes
from pivot.reasons import (
    CodeChanged,
    DeclarationChanged,
    EnvironmentChanged,
    Forced,
    InputChanged,
    NeverRun,
    OutputEdited,
    OutputMissing,
    PackageChanged,
    ParameterChanged,
    Reason,
    SchemeChanged,
    UpstreamRuns,
)
from pivot.record import Damaged
from pivot_cache import Content
from pivot_fingerprint.named import NamedTuple

type Action = Literal["skip", "restore", "run"]


class Decision(NamedTuple):
    """What to do with a stage, and every reason for it, in the order of ``reasons``; no reasons for a skip."""

    stage: str
    action: Action
    reasons: tuple[Reason, ...] = ()


def decide(
    now: Observation,
    lock: Lock | Damaged | None,
    *,
    forced: bool = False,
    upstream: tuple[str, ...] = (),
    known: bool = False,
) -> Decision:
    """Decide about one stage.

    ``upstream`` are the stages that make an input of this one and will run: their results are not known yet.
    ``known`` says that the outputs of exactly this state are recorded and every byte of them is in the cache, so that
    they can be given back instead of computed.
    """
    reasons = tuple(_reasons(now, lock, forced, upstream))
    if not reasons:
        return Decision(now.stage.name, "skip")
    if known and not forced and not upstream:
        return Decision(now.stage.name, "restore", reasons)
    return Decision(now.stage.name, "run", reasons)


def _reasons(
    now: Observation, lock: Lock | Damaged | None, forced: bool, upstream: tuple[str, ...]
) -> Iterator[Reason]:
    if not isinstance(lock, Lock):
        yield NeverRun(lock.problem if lock else None)
    if forced:
        yield Forced()
    if isinstance(lock, Lock):
        yield from _changes(now, lock, upstream)
        yield from _outputs(now, lock)
    yield from (UpstreamRuns(stage) for stage in upstream)


def _changes(now: Observation, lock: Lock, upstream: tuple[str, ...]) -> Iterator[Reason]:
    if lock.scheme != now.scheme:
        yield SchemeChanged(lock.scheme, now.scheme)
    elif changes := code_changes(lock.parts, now):
        yield CodeChanged(changes)
    for name, old, new in _differences(lock.packages, dict(now.code.packages)):
        yield PackageChanged(name, old, new)
    for name, old, new in _differences(_flat(lock.params), _flat(now.stage.params)):
        yield ParameterChanged(name, old, new)
    for path, was, content in _differences(lock.inputs, now.inputs):
        if content is not None or not upstream:  # a stage that will run is about to make it
            yield InputChanged(path, was and was.digest, content and content.digest)
    for path, old, new in _differences(lock.reads, now.reads):
        yield InputChanged(path, old, new, declared=False)
    for name, old, new in _differences(lock.env, now.env):
        yield EnvironmentChanged(name, old, new)


def _outputs(now: Observation, lock: Lock) -> Iterator[Reason]:
    declared = {out.path: out.kind for out in now.stage.outs}
    for path, old, new in _differences({path: out.kind for path, out in lock.outputs.items()}, declared):
        yield DeclarationChanged(path, old, new)
    for path, recorded in lock.outputs.items():
        if path not in declared:
            continue
        found: Content | None = now.outputs[path]
        if found is None:
            yield OutputMissing(path)
        elif found != recorded.content:
            yield OutputEdited(path, recorded.content.digest, found.digest)


def _differences[T](old: Mapping[str, T], new: Mapping[str, T | None]) -> Iterator[tuple[str, T | None, T | None]]:
    if old == new:
        return
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was != now:
            yield name, was, now


def _flat(params: Mapping[str, Any] | None, prefix: str = "") -> dict[str, str]:
    """Return nested parameters as ``{"model.depth": "3"}``, values as JSON text; what is compared and shown."""
    flat: dict[str, str] = {}
    for name, value in (params or {}).items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return flat
