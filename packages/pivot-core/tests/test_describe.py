import functools
import threading
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest

import pivot
from pivot.describe import describe
from pivot.errors import DeclarationError
from pivot.loaders import CSV, JSON
from pivot_fingerprint import Entry

HERE = Path(__file__).parent


class Made(TypedDict):
    table: Annotated[Any, pivot.Out("table.csv", CSV())]
    scores: Annotated[dict[str, float], pivot.Metric("scores.json")]


class Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()

    def load(self, path: Path) -> int:
        return 1


def make(raw: Annotated[Any, pivot.Dep("raw/", JSON())], scale: int = 1) -> Made: ...


def held(raw: Annotated[int, pivot.Dep("raw", Holder())]) -> None: ...


@pytest.fixture
def pipeline() -> pivot.Pipeline:
    return pivot.Pipeline("test")


def test_a_stage_as_data(pipeline: pivot.Pipeline) -> None:
    pipeline.register(functools.partial(make, scale=3), name="made", mutex=["gpu"], timeout=2)
    (stage,) = describe(pipeline, str(HERE.parent))
    line = make.__code__.co_firstlineno
    assert (stage.name, stage.pipeline, stage.mutex, stage.params) == ("made", "tests", ("gpu",), None)
    assert stage.timeout == 2.0
    assert (stage.file, stage.line) == (f"tests/{Path(__file__).name}", line)
    assert stage.entries == (Entry(__name__, "make", line),)
    assert [label for label, _ in stage.live] == [f"{__name__}.make.scale"]
    assert [(dep.param, dep.path, dep.loader.type) for dep in stage.deps] == [
        ("raw", "tests/raw/", "pivot.loaders.json:JSON")
    ]
    assert [(out.key, out.path, out.kind) for out in stage.outs] == [
        ("table", "tests/table.csv", "out"),
        ("scores", "tests/scores.json", "metric"),
    ]
    assert stage.outs[0].loader.settings == '{"read":{},"write":{"index":false}}'


def test_the_project_may_be_the_directory_itself(pipeline: pivot.Pipeline) -> None:
    pipeline.register(make)
    (stage,) = describe(pipeline, str(HERE))
    assert (stage.pipeline, stage.deps[0].path) == (".", "raw/")


def test_captured_values_of_a_loop_differ(pipeline: pivot.Pipeline) -> None:
    for size in (1, 2):
        pipeline.register(lambda size=size: size, name=f"stage@{size}")
    one, two = describe(pipeline, str(HERE))
    assert one.entries == two.entries
    assert [label for label, _ in one.live] == [label for label, _ in two.live]
    assert one.live != two.live


def test_what_cannot_be_read_is_named(pipeline: pivot.Pipeline) -> None:
    lock = threading.Lock()

    def locked() -> None:
        lock.acquire()

    pipeline.register(locked)
    pipeline.register(held)
    first, second = describe(pipeline, str(HERE))
    assert [(one.what, one.file) for one in first.opaque] == [("a value of type _thread.lock in locked.lock", __file__)]
    (opaque,) = second.opaque
    assert opaque.what == f"a setting of type _thread.lock in {__name__}:Holder"
    assert (opaque.file, opaque.line, opaque.within) == (__file__, held.__code__.co_firstlineno, "loader::raw")


def test_parameters_are_part_of_it(pipeline: pivot.Pipeline) -> None:
    class Params(pivot.StageParams):
        seed: int = 1

    def train(params: Params) -> None: ...

    pipeline.register(train, params={"seed": 2})
    (stage,) = describe(pipeline, str(HERE))
    assert stage.params == {"seed": 2}


def test_a_params_file_without_parameters_is_read_too(pipeline: pivot.Pipeline, tmp_path: Path) -> None:
    pipeline.directory = str(tmp_path)
    pipeline.register(make)
    (tmp_path / "params.yaml").write_text("make:\n  seed: 1\n")
    with pytest.raises(DeclarationError, match=r"params\.yaml gives parameters to make, which takes none"):
        describe(pipeline, str(tmp_path))


def test_paths_are_held_against_each_other(pipeline: pivot.Pipeline) -> None:
    pipeline.register(make)
    pipeline.register(make, name="again")
    with pytest.raises(DeclarationError, match=r"tests/table\.csv is made twice"):
        describe(pipeline, str(HERE.parent))
