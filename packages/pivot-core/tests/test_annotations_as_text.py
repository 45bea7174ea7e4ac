"""Annotations that are text, as ``from __future__ import annotations`` makes them: the same stages as anywhere else."""

from __future__ import annotations

import pathlib
from typing import Annotated, Any, NotRequired, TypedDict

import pytest

import pivot
from pivot.errors import DeclarationError
from pivot.loaders import JSON


class Made(TypedDict, total=False):
    first: Annotated[pathlib.Path, pivot.Out("first.json", pivot.loaders.PathOnly())]
    second: NotRequired[Annotated[dict[str, Any], pivot.Metric("second.json")]]


class Params(pivot.StageParams):
    rate: float = 0.1


def stage(raw: Annotated[dict[str, Any], pivot.Dep("raw.json", JSON())], params: Params) -> Made:
    return {}


def single(raw: Annotated[dict[str, Any], pivot.Dep("raw.json", JSON())]) -> Annotated[str, pivot.Out("text")]:
    return ""


def test_a_stage_of_a_module() -> None:
    pipeline = pivot.Pipeline("test")
    pipeline.register(stage)
    pipeline.register(single)
    found = pipeline.stages["stage"]
    assert list(found.deps) == ["raw"]
    assert list(found.outs) == ["first", "second"]
    assert isinstance(found.outs["second"], pivot.Metric)
    assert found.params_param == "params"
    assert found.params_type is Params
    assert pipeline.stages["single"].single


def test_a_stage_made_in_a_function_sees_its_local_names() -> None:
    class Local(TypedDict):
        out: Annotated[str, pivot.Out(path, pivot.loaders.Text())]

    path = "local.txt"

    def make(raw: Annotated[str, pivot.Dep(source)]) -> Local:
        return {"out": ""}

    source = "local.csv"
    pipeline = pivot.Pipeline("test")
    pipeline.register(make)
    assert pipeline.stages["make"].deps["raw"].path.endswith("/local.csv")
    assert pipeline.stages["make"].outs["out"].path.endswith("/local.txt")


def test_a_name_that_is_not_there_is_an_error_with_its_line() -> None:
    def wrong(raw: Annotated[Nowhere, pivot.Dep("raw.json")]) -> None: ...  # noqa: F821 - meant

    with pytest.raises(DeclarationError) as caught:
        pivot.Pipeline("test").register(wrong)
    error = caught.value
    assert error.problem == "the annotation of raw names Nowhere, which is not defined when the program runs"
    assert (error.stage, error.argument, error.file) == ("wrong", "raw", __file__)
    assert error.line == wrong.__code__.co_firstlineno
    assert "TYPE_CHECKING" in (error.hint or "")
