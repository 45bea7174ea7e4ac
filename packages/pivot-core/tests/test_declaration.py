from typing import Any

import pytest

import pivot
from pivot.annotations import Annotation
from pivot.declaration import Site, blame, check_names, declared_output, placed_dep, placed_output
from pivot.errors import DeclarationError
from pivot.loaders import JSON, MatplotlibFigure, Reader
from pivot.places import Place

SITE = Site("/project", Place("/project/pipeline.py", 9), {})


def test_blame_tells_an_error_what_it_does_not_know() -> None:
    with pytest.raises(DeclarationError) as caught, blame("raw", SITE.here):
        raise DeclarationError("wrong")
    assert (caught.value.argument, caught.value.file, caught.value.line) == ("raw", "/project/pipeline.py", 9)


def test_blame_keeps_what_an_error_knows_and_does_not_look_for_it() -> None:
    def never() -> Place:
        raise AssertionError

    with pytest.raises(DeclarationError) as caught, blame("raw", never):
        raise DeclarationError("wrong", argument="other", file="a.py", line=3)
    assert (caught.value.argument, caught.value.file, caught.value.line) == ("other", "a.py", 3)


def test_other_metadata_is_left_alone() -> None:
    out = pivot.Out("a")
    assert declared_output(Annotation(int, ("text", out, 3))) == out
    assert declared_output(Annotation(int, ("text", 3))) is None


def test_a_declaration_gets_its_place_and_keeps_the_rest() -> None:
    loader = JSON()
    assert placed_dep(pivot.Dep("../a", loader), SITE) == pivot.Dep("/a", loader)
    assert placed_output(pivot.Metric("a", loader), SITE) == pivot.Metric("/project/a", loader)


def test_a_loader_that_only_writes_is_no_input() -> None:
    figure: Any = MatplotlibFigure()
    reader: Reader[Any] = figure
    with pytest.raises(DeclarationError, match="MatplotlibFigure has no method load"):
        placed_dep(pivot.Dep("plot.png", reader), SITE)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(DeclarationError) as caught:
        check_names(["zzz"], ["raw", "clean"], "deps", "parameter")
    assert caught.value.hint == "known: clean, raw"
    check_names(["raw"], ["raw", "clean"], "deps", "parameter")
