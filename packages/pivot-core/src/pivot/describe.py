"""From live stages to their specifications: plain data that outlives the process which imported the pipeline.

Called by ``load_child``. Whatever is wrong with a pipeline and shows without looking at its data is found here at the
latest.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pivot.claims import check_claims
from pivot.manifest import DepSpec, OutSpec, StageSpec
from pivot.paths import below
from pivot.pipeline import Pipeline, Stage
from pivot.settings import Described, describe_loader
from pivot_fingerprint import Opaque
from pivot_fingerprint.live import capture


def describe(pipeline: Pipeline, root: str) -> tuple[StageSpec, ...]:
    """Return the stages of a pipeline as data, in order; ``root`` is the project's directory.

    Raises DeclarationError.
    """
    stages = tuple(pipeline.stages.values())
    check_claims(stages, root)
    values = _values(stages)
    roots = (pipeline.directory, root)
    return tuple(_describe(stage, values.get(stage.name), roots) for stage in stages)


def _values(stages: tuple[Stage, ...]) -> Mapping[str, Mapping[str, Any]]:
    files = {os.path.join(stage.directory, "params.yaml") for stage in stages}
    if not any(stage.params_type for stage in stages) and not any(os.path.lexists(file) for file in files):
        return {}
    from pivot.stage_values import stage_values  # pydantic and PyYAML, for those who use parameters

    return stage_values(stages)


def _describe(stage: Stage, params: Mapping[str, Any] | None, roots: tuple[str, str]) -> StageSpec:
    root = roots[-1]
    captured = capture(stage.function, roots=roots)
    inputs = {name: describe_loader(dep.loader, roots) for name, dep in stage.deps.items()}
    outputs = {key: describe_loader(out.loader, roots) for key, out in stage.outs.items()}
    loaders = (*inputs.items(), *((key or "return", loader) for key, loader in outputs.items()))
    return StageSpec(
        stage.name,
        os.path.relpath(stage.directory, root),
        os.path.relpath(stage.file, root),
        stage.line,
        captured.entries,
        tuple(DepSpec(name, below(dep.path, root), inputs[name].spec) for name, dep in stage.deps.items()),
        tuple(OutSpec(key, below(out.path, root), out.kind, outputs[key].spec) for key, out in stage.outs.items()),
        tuple((f"{part.module}.{part.name}", part.digest) for part in captured.parts),
        params,
        stage.mutex,
        (*_placed(captured.opaque, stage), *(one for name, loader in loaders for one in _opaque(stage, name, loader))),
        tuple(sorted({*captured.packages, *(name for _, loader in loaders for name in loader.packages)})),
        stage.timeout,
    )


def _placed(opaque: Iterable[Opaque], stage: Stage) -> Iterator[Opaque]:
    """Yield what could not be followed; what stands in no file, where the stage does."""
    for one in opaque:
        yield one if one.file else one._replace(file=stage.file, line=stage.line)


def _opaque(stage: Stage, argument: str, loader: Described) -> Iterator[Opaque]:
    file, line = stage.place(argument) if loader.unreadable else (stage.file, stage.line)
    for kind in loader.unreadable:
        yield Opaque(f"a setting of type {kind} in {loader.spec.type}", file, line, f"loader::{argument}")
