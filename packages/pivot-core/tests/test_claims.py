from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pivot
from pivot.claims import check_claims, check_code
from pivot.errors import DeclarationError


def stage(pipeline: pivot.Pipeline, name: str, reads: list[str], makes: list[str]) -> None:
    """Register a stage that reads and makes paths."""
    parameters = ", ".join(f"p{number}" for number in range(len(reads)))
    function: Callable[..., Any] = eval(f"lambda {parameters}: None")
    deps = {f"p{number}": path for number, path in enumerate(reads)}
    pipeline.register(function, name=name, deps=deps, outs={f"k{number}": path for number, path in enumerate(makes)})


def check(*stages: tuple[list[str], list[str]], root: str = "/project", directory: str = "/project/sub") -> None:
    pipeline = pivot.Pipeline("test")
    pipeline.directory = directory
    for name, (reads, makes) in zip("abc", stages, strict=False):
        stage(pipeline, name, reads, makes)
    check_claims(pipeline.stages.values(), root)


def refused(*stages: tuple[list[str], list[str]]) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        check(*stages)
    return caught.value


@pytest.mark.parametrize(
    "stages",
    [
        ((["raw"], ["clean"]), (["clean"], ["model"])),
        ((["raw/"], ["clean/"]), (["clean/a", "raw/b"], ["model"])),
        (([], ["data/a", "data/b"]), (["data/"], ["c"])),
        ((["../shared/raw"], ["../made"]),),
        (([], ["data"]), ([], ["data2"]), ([], ["dat/a"])),
        (([], []), ([], [])),
    ],
)
def test_what_goes_together(stages: tuple[tuple[list[str], list[str]], ...]) -> None:
    check(*stages)


@pytest.mark.parametrize("name", ["data.csv.pvt", "data.pvt/", ".gitignore", "in/.gitignore"])
def test_no_output_has_the_name_of_a_file_that_pivot_writes(name: str) -> None:
    error = refused(([], [name]))
    assert error.problem == f"sub/{name.rstrip('/')} is an output of a, but Pivot itself writes such files"
    check(([name], ["out"]))


def test_two_stages_with_one_output_are_both_named() -> None:
    error = refused(([], ["out.txt"]), ([], ["./out.txt"]))
    name, line = (
        Path(__file__).name,
        next(
            number
            for number, one in enumerate(Path(__file__).read_text().splitlines(), 1)
            if "pipeline.register(" in one
        ),
    )
    assert error.problem == f"sub/out.txt is made twice: by a ({name}:{line}) and b ({name}:{line})"
    assert (error.stage, error.argument) == ("b", "k0")
    assert "another path" in (error.hint or "")


@pytest.mark.parametrize(
    ("stages", "problem"),
    [
        ((([], ["d", "d/"]),), "sub/d is made twice: by a ("),
        ((([], ["d/"]), ([], ["d/x/y"])), "sub/d/x/y lies inside sub/d, which is an output itself: by a ("),
        ((([], ["d/x"]), ([], ["d"])), "sub/d/x lies inside sub/d, which is an output itself: by b ("),
        (((["x"], ["x"]),), "sub/x is an input of a, which makes sub/x itself"),
        (((["d/"], ["d/x"]),), "sub/d is an input of a, which makes sub/d/x itself"),
        (((["d/x"], ["d/"]),), "sub/d/x is an input of a, which makes sub/d itself"),
        ((([], []), (["../../etc/passwd"], [])), "the path ../etc/passwd leaves the project"),
        ((([], ["../.git/hooks/x"]),), "the path .git/hooks/x lies in .git, which is not for data"),
        ((([], [".pivot/"]),), "the path sub/.pivot/ lies in .pivot"),
        (((["../"], []),), "the path is the project itself"),
    ],
)
def test_what_excludes_each_other(stages: tuple[tuple[list[str], list[str]], ...], problem: str) -> None:
    error = refused(*stages)
    assert error.problem.startswith(problem)
    assert error.stage in ("a", "b")
    assert error.argument in ("p0", "k0", "k1")
    assert error.file == __file__
    assert error.line > 0


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ("../lib/helper.py", "lib/helper.py is an output of a, but the pipeline itself is made from it"),
        ("../lib/", "lib/helper.py lies in an output of a, but the pipeline itself is made from it"),
        ("params.yaml", "sub/params.yaml is an output of a, but the pipeline itself is made from it"),
        ("pipeline.py", "sub/pipeline.py is an output of a, but the pipeline itself is made from it"),
    ],
)
def test_no_output_stands_in_the_place_of_the_code(made: str, problem: str) -> None:
    pipeline = pivot.Pipeline("test")
    pipeline.directory = "/project/sub"
    stage(pipeline, "a", [], ["fine.txt", made])
    with pytest.raises(DeclarationError) as caught:
        check_code(pipeline.stages.values(), "/project", ["lib/helper.py", "sub/pipeline.py"])
    assert (caught.value.problem, caught.value.stage, caught.value.argument) == (problem, "a", "k1")
