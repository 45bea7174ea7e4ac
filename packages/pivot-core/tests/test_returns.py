"""Return annotations as outputs of a stage; each mistake with its key and its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import pytest

import pivot
from pivot.declaration import OutOverrides, Site
from pivot.declare import Output
from pivot.errors import DeclarationError
from pivot.loaders import CSV, JSON, MatplotlibFigure, PathOnly, Text
from pivot.places import Place
from pivot.returns import read_outputs

SITE = Site("/project", Place("/project/pipeline.py", 99), {})


class Made(TypedDict):
    clean: Annotated[dict[str, Any], pivot.Out("clean.json", JSON())]
    plots: NotRequired[Annotated[Path, pivot.Out("plots/")]]
    scores: Annotated[dict[str, float], pivot.Metric("scores.json")]


def many() -> Made: ...


def one() -> Annotated[str, pivot.Out("report.md", Text())]: ...


def none() -> None: ...


def read(function: Callable[..., Any], outs: Any = None) -> tuple[dict[str, Output], bool]:
    return read_outputs(function, SITE, outs)


def refused(function: Callable[..., Any], outs: Any = None) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read(function, outs)
    return caught.value


def line(text: str) -> int:
    """Return the line of this file that contains a text."""
    return next(number for number, one in enumerate(Path(__file__).read_text().splitlines(), 1) if text in one)


def test_a_typed_dict_gives_an_output_for_each_key() -> None:
    outs, single = read(many)
    assert not single
    assert {key: (out.kind, out.path) for key, out in outs.items()} == {
        "clean": ("out", "/project/clean.json"),
        "plots": ("out", "/project/plots/"),
        "scores": ("metric", "/project/scores.json"),
    }


def test_one_annotated_type_gives_a_single_output() -> None:
    outs, single = read(one)
    assert single
    assert list(outs) == [""]
    assert outs[""].path == "/project/report.md"


def test_none_gives_no_outputs() -> None:
    assert read(none) == ({}, False)


def test_a_lambda_without_outs_has_no_outputs() -> None:
    assert read(lambda: 1) == ({}, False)


def test_register_gives_keys_other_paths() -> None:
    chart = pivot.Out("chart.png", MatplotlibFigure())
    outs, single = read(many, {"clean": "other.json", "plots": chart, "scores": Path("m.json")})
    assert not single
    assert isinstance(outs["clean"].loader, JSON)
    assert outs["clean"].path == "/project/other.json"
    assert outs["plots"] == chart._replace(path="/project/chart.png")
    assert isinstance(outs["scores"], pivot.Metric)


def test_register_gives_a_single_output_another_path() -> None:
    outs, single = read(one, "other.md")
    assert single
    assert outs[""].path == "/project/other.md"
    assert isinstance(outs[""].loader, Text)
    metric = pivot.Metric("scores.json")
    assert isinstance(read(one, metric)[0][""], pivot.Metric)


@pytest.mark.parametrize("given", ["out.txt", Path("out.txt"), pivot.Out("out.txt")])
def test_a_function_without_annotation_takes_its_output_from_register(given: OutOverrides) -> None:
    outs, single = read(lambda: 1, given)
    assert single
    assert outs[""].path == "/project/out.txt"
    assert isinstance(outs[""].loader, PathOnly)


def test_a_function_without_annotation_takes_its_keys_from_register() -> None:
    def function():  # no annotation is the case
        ...

    outs, single = read(function, {"a": "a.txt", "b": pivot.Out("b.csv", CSV())})
    assert not single
    assert {key: out.path for key, out in outs.items()} == {"a": "/project/a.txt", "b": "/project/b.csv"}


# --- mistakes --------------------------------------------------------------------------------------------------------


class Incomplete(TypedDict):
    first: Annotated[int, pivot.Out("a")]
    bare: int


class Reads(TypedDict):
    first: Annotated[int, pivot.Dep("a")]


class Directory(TypedDict):
    first: Annotated[int, pivot.Metric("metrics/")]


Empty = TypedDict("Empty", {"": Annotated[int, pivot.Out("a")]})


def incomplete() -> Incomplete: ...


def reads() -> Reads: ...


def directory() -> Directory: ...


def empty() -> Empty: ...


@pytest.mark.parametrize(
    ("function", "key", "problem", "at"),
    [
        (incomplete, "bare", "the key 'bare' of Incomplete has no pivot.Out", "    bare: int"),
        (reads, "first", "pivot.Dep belongs on a parameter, not on the return annotation", 'pivot.Dep("a")]'),
        (directory, "first", "the metric metrics/ is a directory, but a metric is one file", "pivot.Metric("),
    ],
)
def test_mistakes_in_a_typed_dict(function: Callable[..., Any], key: str, problem: str, at: str) -> None:
    error = refused(function)
    assert error.problem == problem
    assert (error.argument, error.file) == (key, __file__)
    assert at in Path(__file__).read_text().splitlines()[error.line - 1]


def test_an_empty_key() -> None:
    assert refused(empty).problem == "the key of an output must be a str that is not empty, not ''"


def input_returned() -> Annotated[str, pivot.Dep("a")]: ...


def unsaid() -> dict[str, int]: ...


def unannotated():  # the mistake
    ...


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (input_returned, "pivot.Dep belongs on a parameter, not on the return annotation"),
        (unsaid, "the return annotation does not say where the value goes"),
        (unannotated, "the return value has no annotation"),
    ],
)
def test_mistakes_in_a_return_annotation(function: Callable[..., Any], problem: str) -> None:
    error = refused(function)
    assert error.problem == problem
    assert (error.argument, error.file, error.line) == ("return", __file__, line(f"def {function.__name__}()"))


@pytest.mark.parametrize(
    ("function", "outs", "argument", "problem"),
    [
        (many, {"clan": "a"}, "clan", "outs names 'clan', which is no key of what the function returns"),
        (many, "a.json", "return", "the function returns the outputs of Made, but outs is a single path"),
        (many, {"clean": pivot.Dep("a")}, "clean", "outs takes a path, a pivot.Out or a pivot.Metric, not an input"),
        (one, {"return": "a"}, "return", "the function returns one output, but outs is a dict"),
        (none, "a", "return", "outs are given, but the function returns None"),
        (none, {"a": "a"}, "return", "outs are given, but the function returns None"),
        (unannotated, {3: "a"}, "3", "the key of an output must be a str that is not empty, not 3"),
        (
            unannotated,
            {"a": "../../a\n"},
            "a",
            "the path '../../a\\n' has a character that no line of a record can hold",
        ),
    ],
)
def test_mistakes_in_register(function: Callable[..., Any], outs: Any, argument: str, problem: str) -> None:
    error = refused(function, outs)
    assert error.problem == problem
    assert (error.argument, error.file, error.line) == (argument, "/project/pipeline.py", 99)
