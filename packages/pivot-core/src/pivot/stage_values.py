"""The values of all stages' parameters: what the code gives, joined with the ``params.yaml`` beside each pipeline file.

Imported only for a pipeline that has parameters or such a file: it brings pydantic and PyYAML along.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from pivot.errors import DeclarationError
from pivot.params import Invalid, join, pack
from pivot.params_file import NAME, ParamsFile, read_params_file
from pivot.pipeline import Stage
from pivot.suggest import did_you_mean


def stage_values(stages: Iterable[Stage]) -> dict[str, dict[str, Any]]:
    """Return the parameters of each stage that has some, as JSON data by stage name.

    Raises DeclarationError for a value that does not fit, and for what a ``params.yaml`` says of no stage's parameter.
    """
    by_directory: dict[str, list[Stage]] = {}
    for stage in stages:
        by_directory.setdefault(stage.directory, []).append(stage)
    values = {}
    for directory, listed in by_directory.items():
        told = read_params_file(os.path.join(directory, NAME))
        if told is not None:
            _check_stages(told, {stage.name: stage for stage in listed})
        for stage in listed:
            if stage.params_type is not None:
                values[stage.name] = _values(stage, told)
    return values


def _check_stages(told: ParamsFile, stages: Mapping[str, Stage]) -> None:
    for name in told.values:
        line = told.line((name,))
        if name not in stages:
            hint = did_you_mean(name, (stage.name for stage in stages.values() if stage.params_type is not None))
            raise DeclarationError(
                f"{NAME} names a stage {name}, which does not exist", file=told.path, line=line, hint=hint
            )
        if stages[name].params_type is None:
            raise DeclarationError(
                f"{NAME} gives parameters to {name}, which takes none",
                stage=name,
                file=told.path,
                line=line,
                hint="annotate a parameter of its function with a subclass of pivot.StageParams",
            )


def _values(stage: Stage, told: ParamsFile | None) -> dict[str, Any]:
    assert stage.params_type is not None
    written = told.values.get(stage.name, {}) if told else {}
    try:
        return pack(join(stage.params_type, stage.params, written))
    except Invalid as invalid:
        file, line = stage.registered if stage.params is not None else stage.place(stage.params_param)
        if told and invalid.keys and str(invalid.keys[0]) in written:
            file, line = told.path, told.line((stage.name, *invalid.keys))
        raise DeclarationError(
            invalid.problem, stage=stage.name, argument=stage.params_param, file=file, line=line, hint=invalid.hint
        ) from None
    except DeclarationError as error:
        error.stage, error.argument = stage.name, stage.params_param
        error.file, error.line = stage.place(stage.params_param)
        raise
