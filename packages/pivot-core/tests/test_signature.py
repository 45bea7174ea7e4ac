"""Parameters of a function as inputs and parameters of a stage; each mistake with its argument and its line."""

import functools
import pathlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pydantic
import pytest

import pivot
from pivot.declaration import Site
from pivot.errors import DeclarationError
from pivot.loaders import CSV, JSON, Loader, PathOnly
from pivot.places import Place
from pivot.signature import Interface, is_params, read_interface

SITE = Site("/project", Place("/project/pipeline.py", 99), {})
RAW = pivot.Dep("raw.json", JSON())


class Params(pivot.StageParams):
    rate: float = 0.1


class Special(Params):
    extra: int = 1


def read(function: Callable[..., Any], **given: Any) -> Interface:
    return read_interface(function, SITE, **{"deps": {}, "outs": None, "params": None} | given)


def refused(function: Callable[..., Any], **given: Any) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read(function, **given)
    return caught.value


def line(text: str) -> int:
    """Return the line of this file that contains a text."""
    return next(number for number, one in enumerate(Path(__file__).read_text().splitlines(), 1) if text in one)


def plain(
    raw: Annotated[dict[str, Any], RAW], table: Annotated[Any, pivot.Dep("data/", CSV())], limit: int = 3
) -> None: ...


def test_annotations_give_inputs_and_defaults_stay_defaults() -> None:
    found = read(plain)
    assert {name: dep.path for name, dep in found.deps.items()} == {
        "raw": "/project/raw.json",
        "table": "/project/data/",
    }
    assert isinstance(found.deps["table"].loader, CSV)
    assert found.params_param is None


def test_the_declared_input_comes_before_a_default() -> None:
    def function(raw: Annotated[Any, RAW] = None) -> None: ...

    assert list(read(function).deps) == ["raw"]


def test_register_gives_an_input_another_path_or_replaces_it() -> None:
    loader = JSON(indent=None)
    found = read(plain, deps={"raw": "other.json", "table": pivot.Dep("t.json", loader)})
    assert found.deps["raw"] == pivot.Dep("/project/other.json", RAW.loader)
    assert found.deps["table"] == pivot.Dep("/project/t.json", loader)


def test_a_path_without_an_annotation_is_received_as_a_path() -> None:
    def function(one, two: pathlib.Path, three: Any) -> None: ...  # no annotation is the case

    found = read(function, deps={"one": "a", "two": Path("b"), "three": "c"})
    assert all(isinstance(dep.loader, PathOnly) for dep in found.deps.values())
    assert [dep.path for dep in found.deps.values()] == ["/project/a", "/project/b", "/project/c"]


def test_a_path_for_another_type_needs_a_loader() -> None:
    def function(raw: dict[str, int], table: dict) -> None: ...  # bare on purpose

    error = refused(function, deps={"table": "a.json", "raw": "b.json"})
    assert error.problem == "a path is given for a value of type dict, but no loader"
    assert (error.argument, error.line) == ("table", 99)


def test_lambdas_take_everything_from_register() -> None:
    found = read(lambda raw: {"n": 1}, deps={"raw": RAW}, outs={"n": "n.txt"})
    assert found.deps["raw"].path == "/project/raw.json"
    assert list(found.outs) == ["n"]


def test_what_a_partial_gives_is_no_input() -> None:
    assert list(read(functools.partial(plain, {})).deps) == ["table"]
    assert list(read(functools.partial(plain, raw={})).deps) == ["table"]
    assert list(read(functools.partial(plain, raw={}), deps={"raw": "again.json"}).deps) == ["raw", "table"]


class Model:
    def fit(self, raw: Annotated[dict[str, Any], RAW]) -> None: ...

    def __call__(self, raw: Annotated[dict[str, Any], RAW]) -> None: ...


@pytest.mark.parametrize("function", [Model().fit, Model()])
def test_methods_and_callable_instances(function: Callable[..., Any]) -> None:
    assert list(read(function).deps) == ["raw"]


def test_the_parameters_of_a_stage() -> None:
    def function(raw: Annotated[dict[str, Any], RAW], params: Params) -> None: ...

    found = read(function)
    assert (found.params_param, found.params_type, found.params) == ("params", Params, None)
    given = Special(rate=0.5)
    found = read(function, params=given)
    assert (found.params_type, found.params) == (Special, given)
    assert read(function, params={"rate": 1}).params == {"rate": 1}


def test_a_default_in_the_signature_gives_values_after_register() -> None:
    def function(params: Annotated[Params, "documented"] = Params(rate=0.7)) -> None: ...  # noqa: B008 - frozen by nobody

    assert read(function).params == Params(rate=0.7)
    assert read(function, params={"rate": 0.1}).params == {"rate": 0.1}


def test_is_params_needs_no_pydantic() -> None:
    assert is_params(Params)
    assert not is_params(pydantic.BaseModel)
    assert not is_params(int)
    assert not is_params(None)


# --- mistakes --------------------------------------------------------------------------------------------------------


def unannotated(  # that one has no annotation is the mistake
    raw: Annotated[dict[str, Any], RAW],
    other,  # this one
) -> None: ...


def test_a_missing_annotation() -> None:
    error = refused(unannotated)
    assert error.problem == "other has no annotation and no default"
    assert (error.argument, error.file, error.line) == ("other", __file__, line("other,  # this"))
    assert 'other: Annotated[..., pivot.Dep("path", loader)]' in (error.hint or "")


def undeclared(raw: dict[str, Any]) -> None: ...


def test_an_annotation_that_says_nothing() -> None:
    error = refused(undeclared)
    assert error.problem == "the annotation of raw does not say where its value comes from"
    assert error.line == line("def undeclared")


def test_a_model_that_is_no_stage_params() -> None:
    class Settings(pydantic.BaseModel): ...

    def function(settings: Settings) -> None: ...

    assert "let " in (refused(function).hint or "")
    assert "Settings derive from pivot.StageParams" in (refused(function).hint or "")


def output_on_parameter(raw: Annotated[str, pivot.Out("raw.txt")]) -> None: ...


def two_paths(raw: Annotated[str, pivot.Dep("a"), pivot.Dep("b")]) -> None: ...


def positional_only(raw: Annotated[str, pivot.Dep("a")], /) -> None: ...


def starred(raw: Annotated[str, pivot.Dep("a")], *others: int) -> None: ...


def double_starred(**others: int) -> None: ...


def two_params(first: Params, second: Params) -> None: ...


def loader_class(raw: Annotated[str, pivot.Dep("a", JSON)]) -> None: ...


def no_loader(raw: Annotated[str, pivot.Dep("a", 3)]) -> None: ...


def absolute(raw: Annotated[str, pivot.Dep("/a")]) -> None: ...


def broken(raw: "Annotated[str, pivot.Dep(1 / 0)]") -> None: ...


def in_a_union(raw: Annotated[str, pivot.Dep("a")] | None = None) -> None: ...


def in_an_argument(raw: dict[str, list[Annotated[str, pivot.Dep("a")]]]) -> None: ...


def not_annotated(raw: pivot.Dep("a") = None) -> None: ...  # type: ignore[valid-type]  # wrong on purpose


def in_a_tuple() -> tuple[Annotated[str, pivot.Out("a")], int]: ...


def class_itself(raw: Annotated[str, pivot.Dep] = "") -> None: ...


@pytest.mark.parametrize(
    ("function", "argument", "problem"),
    [
        (in_a_union, "raw", "pivot.Dep('a', ...) goes unseen where it stands"),
        (in_an_argument, "raw", "pivot.Dep('a', ...) goes unseen where it stands"),
        (not_annotated, "raw", "pivot.Dep('a', ...) goes unseen where it stands"),
        (class_itself, "raw", "pivot.Dep is given no path"),
        (in_a_tuple, "return", "pivot.Out('a', ...) goes unseen where it stands"),
        (output_on_parameter, "raw", "pivot.Out belongs on the return annotation, not on a parameter"),
        (two_paths, "raw", "2 paths are declared for one value"),
        (positional_only, "raw", "raw can only be given by position, but inputs are given by name"),
        (starred, "others", "a stage cannot take *others"),
        (double_starred, "others", "a stage cannot take **others"),
        (two_params, "second", "second is a second StageParams, after first"),
        (loader_class, "raw", "the loader JSON is a class, pivot.Dep needs an instance"),
        (no_loader, "raw", "int has no method load, which pivot.Dep needs"),
        (absolute, "raw", "the path /a is absolute"),
        (broken, "raw", "the annotation of raw cannot be evaluated: ZeroDivisionError: division by zero"),
    ],
)
def test_mistakes_in_a_signature(function: Callable[..., Any], argument: str, problem: str) -> None:
    error = refused(function)
    assert error.problem == problem
    assert (error.argument, error.file, error.line) == (argument, __file__, line(f"def {function.__name__}"))


@pytest.mark.parametrize(
    ("given", "argument", "problem"),
    [
        ({"deps": {"row": "a"}}, "row", "deps names 'row', which is no parameter of the function"),
        ({"deps": ["a"]}, None, "deps must be a dict of parameter and path"),
        ({"deps": {"raw": pivot.Out("a")}}, "raw", "deps takes a path or a pivot.Dep, not an output"),
        ({"deps": {"raw": "/a"}}, "raw", "the path /a is absolute"),
        ({"deps": {"raw": 3}}, "raw", "a path must be a str, not a value of type int"),
        ({"params": {"a": 1}}, None, "params are given, but the function has no parameter for them"),
    ],
)
def test_mistakes_in_register(given: dict[str, Any], argument: str | None, problem: str) -> None:
    error = refused(plain, **given)
    assert error.problem == problem
    assert (error.argument, error.file, error.line) == (argument, "/project/pipeline.py", 99)


def test_a_mistyped_name_gets_the_nearest() -> None:
    assert refused(plain, deps={"row": "a"}).hint == "did you mean raw?"


def test_params_of_another_type() -> None:
    def function(params: Params) -> None: ...

    error = refused(function, params=3)
    assert error.problem == "params must be a Params or a dict, not a value of type int"
    assert (error.argument, error.line) == ("params", 99)


def test_a_callable_without_a_signature() -> None:
    assert refused(dict.pop).problem == "the parameters of the function cannot be read"


def test_a_users_loader_needs_only_the_method_that_is_used() -> None:
    class Reader:
        def load(self, path: Path) -> int:
            return 1

    def reads(raw: Annotated[int, pivot.Dep("a", Reader())]) -> None: ...

    def writes() -> Annotated[int, pivot.Out("a", Reader())]: ...

    assert isinstance(read(reads).deps["raw"].loader, Reader)
    assert refused(writes).problem == "Reader has no method save, which pivot.Out needs"


def test_generic_loaders_keep_their_types() -> None:
    class Numbers(Loader[list[int], list[int]]):
        def load(self, path: Path) -> list[int]:
            return [int(one) for one in path.read_text().split()]

        def save(self, value: list[int], path: Path) -> None:
            path.write_text(" ".join(map(str, value)))

    def function(numbers: Annotated[list[int], pivot.Dep("a", Numbers())]) -> None: ...

    assert isinstance(read(function).deps["numbers"].loader, Numbers)
