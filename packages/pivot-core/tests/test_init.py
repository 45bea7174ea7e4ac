"""``import pivot`` is cheap, and its names are what they say, at run time and for type checkers."""

import subprocess
import sys
from pathlib import Path

import pytest

import pivot

SEED = """
import json
import pathlib
from typing import Annotated, Any, TypedDict

import pivot


class Clean(TypedDict):
    clean: Annotated[pathlib.Path, pivot.Out("clean.json", pivot.loaders.PathOnly())]


class Summary(TypedDict):
    summary: Annotated[pathlib.Path, pivot.Out("summary.json", pivot.loaders.PathOnly())]


def preprocess(raw: Annotated[dict[str, Any], pivot.Dep("data.json", pivot.loaders.JSON())]) -> Clean:
    out = pathlib.Path("clean.json")
    out.write_text(json.dumps(raw))
    return {"clean": out}


def summarize(clean: Annotated[dict[str, Any], pivot.Dep("clean.json", pivot.loaders.JSON())]) -> Summary:
    out = pathlib.Path("summary.json")
    out.write_text(json.dumps(len(clean["records"])))
    return {"summary": out}


class Params(pivot.StageParams):
    rate: float = 0.1


def train(raw: Annotated[str, pivot.Dep("a", pivot.loaders.Text())], params: Params) -> Annotated[
    dict[str, float], pivot.Metric("scores.json")
]:
    return {"score": params.rate}


class Lines(pivot.loaders.Loader[list[str], list[str]]):
    def load(self, path: pathlib.Path) -> list[str]:
        return path.read_text().splitlines()

    def save(self, value: list[str], path: pathlib.Path) -> None:
        path.write_text("".join(value))


class Length:
    def load(self, path: pathlib.Path) -> int:
        return path.stat().st_size


reader: pivot.loaders.Reader[int] = Length()
pipeline = pivot.Pipeline("my_pipeline")
pipeline.register(preprocess)
pipeline.register(summarize, deps={"clean": pathlib.Path("clean.json")}, mutex=["disk"])
pipeline.register(train, params=Params(rate=1), outs=pivot.Metric("other.json"))
pipeline.register(train, name="again", params={"rate": 2}, deps={"raw": pivot.Dep("b", Lines())}, outs="again.json")
pipeline.include(pivot.Pipeline("other"))
"""


def test_the_names_are_exactly_those_listed() -> None:
    public = {name for name in dir(pivot) if not name.startswith("_")}
    modules = {path.stem for path in Path(pivot.__file__).parent.iterdir()}
    assert public - modules - {"TYPE_CHECKING"} == set(pivot.__all__) - modules
    assert all(getattr(pivot, name) is getattr(pivot, name) for name in pivot.__all__)
    assert pivot.__all__ == sorted(pivot.__all__)


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="module 'pivot' has no attribute 'Dop'"):
        pivot.Dop  # noqa: B018 - the mistake


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import pivot; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _path() + code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["pivot"]


@pytest.mark.parametrize("name", pivot.__all__)
def test_a_name_brings_only_what_it_needs(name: str) -> None:
    code = f"import sys, pivot; pivot.{name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", _path() + code], capture_output=True, text=True, check=True)
    brought = set(done.stdout.split())
    assert ("pydantic" in brought) == (name == "StageParams")
    assert brought.isdisjoint({"yaml", "pandas", "numpy", "matplotlib", "pyarrow", "click"})


def test_type_checkers_accept_a_pipeline(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "pipeline.py").write_text(SEED)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", "/dev/null", "pipeline.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def _path() -> str:
    return f"import sys; sys.path[:0] = {[*sys.path]!r}; "
