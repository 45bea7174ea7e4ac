"""Registering stages: names, places, includes; what a signature says is tested with ``signature`` and ``returns``."""

import functools
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

import pivot
from pivot.errors import DeclarationError
from pivot.pipeline import Pipeline, find_pipeline
from pivot.places import Place

HERE = Path(__file__).parent


def make(raw: Annotated[str, pivot.Dep("raw.txt")]) -> Annotated[str, pivot.Out("made.txt")]:
    return raw


class Maker:
    def __call__(self) -> None: ...

    def method(self) -> None: ...


def here(text: str) -> int:
    """Return the first line of this file that contains a text."""
    return next(number for number, one in enumerate(Path(__file__).read_text().splitlines(), 1) if text in one)


def refused(function: Any, **given: Any) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        Pipeline("test").register(function, **given)
    return caught.value


def test_a_pipeline_knows_where_it_was_made() -> None:
    pipeline = Pipeline("test")
    assert pipeline.file == __file__
    assert pipeline.line == here('pipeline = Pipeline("test")')
    assert pipeline.directory == str(HERE)
    assert repr(pipeline) == "Pipeline('test')"


@pytest.mark.parametrize("name", ["", "two\nlines", 3])
def test_a_pipeline_has_a_name(name: Any) -> None:
    with pytest.raises(DeclarationError, match="the name of a pipeline must be a printable str"):
        Pipeline(name)


def test_a_stage_as_registered() -> None:
    pipeline = Pipeline("test")
    pipeline.register(make, mutex=["gpu", "disk", "gpu"], timeout=60)
    stage = pipeline.stages["make"]
    assert stage.function is make
    assert stage.deps["raw"].path == str(HERE / "raw.txt")
    assert stage.single
    assert stage.mutex == ("gpu", "disk")
    assert stage.timeout == 60.0
    assert stage.directory == str(HERE)
    assert (stage.file, stage.line) == (__file__, here("def make("))
    assert stage.registered == Place(__file__, here('mutex=["gpu", "disk", "gpu"], timeout'))


def test_a_decorated_function_is_still_itself() -> None:
    pipeline = Pipeline("test")

    @pipeline.register
    def made() -> Annotated[str, pivot.Out("made.txt")]:
        return "text"

    assert made() == "text" and pipeline.stages["made"].function is made


def test_the_places_of_a_stages_arguments() -> None:
    pipeline = Pipeline("test")
    pipeline.register(make)
    stage = pipeline.stages["make"]
    assert stage.place() == stage.place("raw") == stage.place("return") == stage.place("else")
    assert stage.place() == Place(__file__, here("def make("))


def test_a_loop_makes_stages_of_one_function() -> None:
    pipeline = Pipeline("test")
    for size in ("small", "large"):
        pipeline.register(make, name=f"make@{size}", deps={"raw": f"{size}.txt"}, outs=f"made-{size}.txt")
    assert list(pipeline.stages) == ["make@small", "make@large"]
    assert pipeline.stages["make@large"].outs[""].path == str(HERE / "made-large.txt")


@pytest.mark.parametrize(
    ("function", "name"), [(make, "make"), (functools.partial(make, "x"), "make"), (Maker().method, "method")]
)
def test_a_function_brings_its_name(function: Callable[..., Any], name: str) -> None:
    pipeline = Pipeline("test")
    pipeline.register(function)
    assert list(pipeline.stages) == [name]


@pytest.mark.parametrize("function", [lambda: 1, Maker(), functools.partial(Maker()), functools.partial(lambda: 1)])
def test_what_has_no_name_needs_one(function: Callable[..., Any]) -> None:
    error = refused(function)
    assert "has no name of its own" in error.problem
    assert error.file == __file__
    pipeline = Pipeline("test")
    pipeline.register(function, name="given")
    assert list(pipeline.stages) == ["given"]


@pytest.mark.parametrize("name", ["a", "train@small", "1.2", "_x=1+2-3", "x" * 200])
def test_names_that_are_allowed(name: str) -> None:
    pipeline = Pipeline("test")
    pipeline.register(make, name=name)
    assert name in pipeline.stages


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "ä", "x" * 201, "a\n", 3])
def test_names_that_are_not_allowed(name: Any) -> None:
    error = refused(make, name=name)
    assert error.problem == f"{name!r} cannot be the name of a stage"
    assert "register(..., name=...)" in (error.hint or "")


def test_two_stages_of_one_name_are_both_placed() -> None:
    pipeline = Pipeline("test")
    pipeline.register(make)  # the first
    with pytest.raises(DeclarationError) as caught:
        pipeline.register(make)  # the second
    first, second = here("# the first"), here("# the second")
    name = Path(__file__).name
    assert caught.value.problem == f"two stages are named make: {name}:{first} and {name}:{second}"
    assert (caught.value.stage, caught.value.file, caught.value.line) == ("make", __file__, second)


async def asynchronous() -> None: ...


def generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "given", "problem"),
    [
        (3, {}, "register takes a function, not a value of type int"),
        (Maker, {}, "a stage cannot be the class Maker"),
        (asynchronous, {}, "a stage cannot be async: its outputs are what it returns"),
        (generator, {}, "a stage cannot be a generator: its outputs are what it returns"),
        (make, {"mutex": "gpu"}, "mutex must be a list of names"),
        (make, {"timeout": 0}, "timeout must be a number of seconds, not 0"),
        (make, {"timeout": "1h"}, "timeout must be a number of seconds, not '1h'"),
        (make, {"timeout": True}, "timeout must be a number of seconds, not True"),
        (make, {"timeout": float("nan")}, "timeout must be a number of seconds, not nan"),
        (make, {"mutex": 3}, "mutex must be a list of names"),
        (make, {"mutex": ["gpu", 3]}, "mutex must be a list of names, not ['gpu', 3]"),
        (make, {"mutex": [["gpu"]]}, "mutex must be a list of names, not [['gpu']]"),
    ],
)
def test_what_cannot_be_registered(function: Any, given: dict[str, Any], problem: str) -> None:
    error = refused(function, **given)
    assert error.problem == problem
    assert (error.file, error.line) == (__file__, here('Pipeline("test").register(function, **given)'))


def test_an_error_names_the_stage_and_a_place_even_for_a_function_without_source() -> None:
    assert refused(asynchronous).stage == "asynchronous"
    assert refused(make, name="b", timeout=0).stage == "b"
    error = refused(len)
    assert (error.stage, error.argument, error.file) == ("len", "obj", __file__)


def test_an_error_in_a_signature_names_the_stage() -> None:
    def wrong(raw: int) -> None: ...

    error = refused(wrong, name="training")
    assert (error.stage, error.argument, error.line) == ("training", "raw", here("def wrong("))


def test_nothing_is_registered_by_a_mistake() -> None:
    pipeline = Pipeline("test")
    with pytest.raises(DeclarationError):
        pipeline.register(make, deps={"row": "x"})
    assert pipeline.stages == {}


# --- include ---------------------------------------------------------------------------------------------------------


def test_included_stages_join_where_they_were_included_also_later_ones() -> None:
    outer, inner = Pipeline("outer"), Pipeline("inner")
    outer.register(make, name="first")
    inner.register(make, name="second")
    outer.include(inner)
    outer.register(make, name="fourth")
    inner.register(make, name="third")
    assert list(outer.stages) == ["first", "second", "third", "fourth"]
    assert inner.included_in is outer


def test_names_are_one_space_with_includes() -> None:
    outer, inner = Pipeline("outer"), Pipeline("inner")
    outer.register(make)
    inner.register(make)
    with pytest.raises(DeclarationError, match="two stages are named make"):
        outer.include(inner)
    assert inner.included_in is None
    other = Pipeline("other")
    outer.include(other)
    with pytest.raises(DeclarationError, match="two stages are named make"):
        other.register(make)


def test_what_cannot_be_included() -> None:
    outer, inner = Pipeline("outer"), Pipeline("inner")
    not_one: Any = make
    with pytest.raises(DeclarationError, match="include takes a Pipeline, not a value of type function"):
        outer.include(not_one)
    with pytest.raises(DeclarationError, match="the pipeline outer cannot include itself"):
        outer.include(outer)
    outer.include(inner)
    with pytest.raises(DeclarationError, match="the pipeline outer cannot include itself"):
        inner.include(outer)
    with pytest.raises(DeclarationError, match="the pipeline inner is included already, in outer"):
        Pipeline("third").include(inner)


# --- find ------------------------------------------------------------------------------------------------------------


def module(source: str, **names: Any) -> types.ModuleType:
    made = types.ModuleType("pipeline")
    made.__file__ = "/project/pipeline.py"
    vars(made).update(names, pivot=pivot)
    exec(compile(source, "/project/pipeline.py", "exec"), vars(made))
    return made


def test_the_pipeline_of_a_module_is_the_one_made_in_it() -> None:
    made = module("p = pivot.Pipeline('mine')", other=Pipeline("other"))
    assert find_pipeline(made).name == "mine"
    assert find_pipeline(made).directory == "/project"


def test_it_need_not_have_a_name_in_the_module() -> None:
    assert find_pipeline(module("def f():\n  return pivot.Pipeline('mine')\nf()")).name == "mine"


def test_included_ones_do_not_count() -> None:
    made = module("a, b = pivot.Pipeline('a'), pivot.Pipeline('b')\nb.include(a)")
    assert find_pipeline(made).name == "b"


def test_none_or_several_are_an_error() -> None:
    with pytest.raises(DeclarationError) as caught:
        find_pipeline(module("x = 1"))
    assert caught.value.problem == "pipeline.py makes no pipeline"
    assert caught.value.hint == 'add: pipeline = pivot.Pipeline("name")'
    with pytest.raises(DeclarationError) as caught:
        find_pipeline(module("x = 1", other=Pipeline("other")))
    assert "for the one made in" in (caught.value.hint or "")
    with pytest.raises(DeclarationError) as caught:
        find_pipeline(module("a = pivot.Pipeline('a')\na = pivot.Pipeline('b')"))
    assert caught.value.problem == "pipeline.py makes more than one pipeline: a (line 1) and b (line 2)"
    assert caught.value.line == 2


def test_lines_are_those_of_the_calls_in_whatever_order_these_are_made() -> None:
    pipeline = Pipeline("test")
    before = here("before = here")
    for turn in range(2):
        pipeline.register(make, name=f"first{turn}")
        if turn:
            pipeline.register(make, name="second")
    lines = {name: stage.registered.line - before for name, stage in pipeline.stages.items()}
    assert lines == {"first0": 2, "first1": 2, "second": 4}
