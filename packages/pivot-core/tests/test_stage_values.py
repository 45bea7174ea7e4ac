from pathlib import Path
from typing import Annotated, Any

import pytest

import pivot
from pivot.errors import DeclarationError
from pivot.stage_values import stage_values


class Params(pivot.StageParams):
    rate: float = 0.1
    seed: int = 0


def train(params: Params) -> None: ...


def clean(raw: Annotated[str, pivot.Dep("raw.txt")]) -> None: ...


@pytest.fixture
def pipeline(tmp_path: Path) -> pivot.Pipeline:
    made = pivot.Pipeline("test")
    made.directory = str(tmp_path)
    made.register(clean)
    made.register(train)
    made.register(train, name="train@2", params={"seed": 2})
    return made


def values(pipeline: pivot.Pipeline, text: str | None = None) -> dict[str, dict[str, Any]]:
    if text is not None:
        (Path(pipeline.directory) / "params.yaml").write_text(text)
    return stage_values(pipeline.stages.values())


def refused(pipeline: pivot.Pipeline, text: str) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        values(pipeline, text)
    return caught.value


def test_without_a_file_the_code_says_it_all(pipeline: pivot.Pipeline) -> None:
    assert values(pipeline) == {"train": {"rate": 0.1, "seed": 0}, "train@2": {"rate": 0.1, "seed": 2}}


def test_the_file_comes_last(pipeline: pivot.Pipeline) -> None:
    found = values(pipeline, "train:\n  rate: 1e-3\ntrain@2:\n  seed: 3\n")
    assert found == {"train": {"rate": 0.001, "seed": 0}, "train@2": {"rate": 0.1, "seed": 3}}


def test_each_pipeline_has_the_file_beside_it(pipeline: pivot.Pipeline, tmp_path: Path) -> None:
    inner = pivot.Pipeline("inner")
    inner.directory = str(tmp_path / "inner")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "params.yaml").write_text("tune:\n  seed: 9\n")
    inner.register(train, name="tune")
    pipeline.include(inner)
    assert values(pipeline, "train:\n  seed: 1\n")["tune"]["seed"] == 9
    assert refused(pipeline, "tune:\n  seed: 1\n").problem == "params.yaml names a stage tune, which does not exist"


@pytest.mark.parametrize(
    ("text", "line", "stage", "problem", "hint"),
    [
        (
            "trian:\n  rate: 1\n",
            1,
            None,
            "params.yaml names a stage trian, which does not exist",
            "did you mean train?",
        ),
        ("clean:\n  rate: 1\n", 1, "clean", "params.yaml gives parameters to clean, which takes none", "annotate"),
        ("train:\n  seed: 1\n  rat: 1\n", 3, "train", "Params has no parameter rat", "did you mean rate?"),
        ("train:\n  seed: 1.5\n", 2, "train", "the parameter seed is wrong: input should be a valid integer", ""),
    ],
)
def test_mistakes_in_the_file(
    text: str, line: int, stage: str | None, problem: str, hint: str, pipeline: pivot.Pipeline, tmp_path: Path
) -> None:
    error = refused(pipeline, text)
    assert error.problem.startswith(problem)
    assert (error.file, error.line, error.stage) == (str(tmp_path / "params.yaml"), line, stage)
    assert (error.hint or "").startswith(hint)


def test_mistakes_in_the_code_have_its_place(pipeline: pivot.Pipeline) -> None:
    pipeline.register(train, name="wrong", params={"seed": "many"})
    error = refused(pipeline, "train:\n  seed: 1\n")
    assert error.problem.startswith("the parameter seed is wrong")
    assert (error.stage, error.argument, error.file) == ("wrong", "params", __file__)
    assert error.line == pipeline.stages["wrong"].registered.line


def test_a_missing_value_has_the_place_of_the_parameter(pipeline: pivot.Pipeline) -> None:
    class Needed(pivot.StageParams):
        name: str

    def need(params: Needed) -> None: ...

    pipeline.register(need)
    error = refused(pipeline, "")
    assert error.problem == "the parameter name has no value"
    assert (error.stage, error.line) == ("need", need.__code__.co_firstlineno)
    assert values(pipeline, "need:\n  name: x\n")["need"] == {"name": "x"}


def test_a_value_that_json_cannot_hold(pipeline: pivot.Pipeline) -> None:
    class Big(pivot.StageParams):
        number: int = 2**70

    def need(params: Big) -> None: ...

    pipeline.register(need)
    error = refused(pipeline, "")
    assert error.problem.startswith("the parameters Big cannot be written as JSON")
    assert (error.stage, error.argument, error.file) == ("need", "params", __file__)
