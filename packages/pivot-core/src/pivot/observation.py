"""A stage as it is now: the values that ``decide`` compares with its lock, and the digest under which its run is kept.

Pure values; ``look`` fills them from the disk.
"""

from collections.abc import Mapping

import orjson

from pivot.manifest import StageSpec
from pivot_cache import Content, hash_bytes
from pivot_fingerprint import SCHEME, Change, Fingerprint, Opaque, compare
from pivot_fingerprint.named import NamedTuple


class Observation(NamedTuple):
    """Everything that a stage's result depends on, and its outputs, as they are now.

    ``code`` is the closure with the definitions that only an earlier run showed, ``static`` without them: the part of
    the run key that is known before anything ran. Contents are None where nothing is at the path.
    """

    stage: StageSpec
    code: Fingerprint
    static: Fingerprint
    live: tuple[tuple[str, str], ...]  # (part key, digest) of what the manifest knows: captured values, loaders
    inputs: Mapping[str, Content | None]
    reads: Mapping[str, str | None]  # the undeclared reads of the lock, as they are now
    env: Mapping[str, str | None]  # the variables of the lock, as they are now
    outputs: Mapping[str, Content | None]

    @property
    def parts(self) -> dict[str, str]:
        """The digests of all parts of the code, by key: what a lock records."""
        return {part.key: part.digest for part in self.code.parts} | dict(self.live)

    @property
    def opaque(self) -> tuple[Opaque, ...]:
        """What could not be followed, in the source and in the values that only the live objects know."""
        return (*self.code.opaque, *self.stage.opaque)

    @property
    def scheme(self) -> int:
        """The version of the fingerprint that made ``code``."""
        return SCHEME

    def with_inputs(self, inputs: Mapping[str, Content | None]) -> "Observation":
        """Return this observation with other inputs."""
        return self._replace(inputs=inputs)


def live_parts(stage: StageSpec) -> tuple[tuple[str, str], ...]:
    """Return the parts of a stage that its source does not show: captured values and the settings of its loaders."""
    parts = [(f"live::{label}", digest) for label, digest in stage.live]
    loaders = [(dep.param, dep.loader) for dep in stage.deps] + [
        (out.key or "return", out.loader) for out in stage.outs
    ]
    parts += [(f"loader::{name}", hash_bytes(f"{spec.type} {spec.settings}".encode())) for name, spec in loaders]
    return tuple(parts)


def run_key(observation: Observation) -> str:
    """Return the name of the constructive trace: a digest of everything that is known before the stage runs.

    What only a run shows (undeclared reads, variables, definitions reached dynamically) is kept in the trace and
    compared by whoever looks it up. None of the inputs may be missing.
    """
    static = sorted((part.key, part.digest) for part in observation.static.parts)
    stage = observation.stage
    preimage = [
        "pivot run 1",
        observation.scheme,
        stage.name,
        stage.pipeline,
        static,
        sorted(observation.live),
        sorted(observation.static.packages),
        stage.params,
        sorted((path, *content) for path, content in observation.inputs.items() if content is not None),
        sorted((out.path, out.kind) for out in stage.outs),
    ]
    return hash_bytes(orjson.dumps(preimage, option=orjson.OPT_SORT_KEYS))


def code_changes(recorded: Mapping[str, str], observation: Observation) -> tuple[Change, ...]:
    """Return the parts that differ from a record, sorted by key, with the place where each is now."""
    return compare(recorded, observation.code, others=dict(observation.live))
