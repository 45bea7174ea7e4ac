"""Which stages an edit would run."""

import pytest

from pivot.errors import UsageError
from pivot.graph import build
from pivot.impact import find_impact, ignored, way


def impact(bench, path: str, name: str | None = None):
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        return find_impact(look, build(look.manifest.stages), bench.root / path, name)


def test_a_definition_and_what_depends_on_its_result(bench) -> None:
    assert impact(bench, "helpers.py", "tidy") == (("clean", True, ("clean → tidy",)), ("total", False, ()))
    assert impact(bench, "helpers.py", "add") == (("total", True, ("total → add",)),)


def test_a_file_of_data(bench) -> None:
    assert impact(bench, "raw.json") == (("clean", True, ("input raw.json",)), ("total", False, ()))


def test_a_whole_module(bench) -> None:
    assert [one.stage for one in impact(bench, "helpers.py")] == ["clean", "total"]


@pytest.mark.parametrize(("path", "name"), [("nothing.py", None), ("helpers.py", "tydi")])
def test_an_unknown_file_or_name_is_an_error(bench, path: str, name: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        impact(bench, path, name)
    if name:
        assert "tidy" in (caught.value.hint or "")


def test_a_definition_that_no_stage_reaches_concerns_none(bench) -> None:
    path = bench.root / "lib/tools.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("class Spare:\n    def use(self): return 2\n")
    helpers = bench.root / "helpers.py"
    helpers.write_text(helpers.read_text() + "def spare(): return 1\n")
    assert impact(bench, "helpers.py", "spare") == impact(bench, "lib/tools.py", "Spare.use") == ()


def test_a_way_ends_even_where_parents_go_in_circles() -> None:
    assert list(way({"func:m:b": "func:m:a", "func:m:a": "func:m:b"}, "func:m:b")) == ["a", "b"]


def test_parameters(bench) -> None:
    bench.write(params__yaml="total:\n  factor: 3\n")
    assert impact(bench, "params.yaml") == (("total", True, ("parameters in params.yaml",)),)


def test_what_is_left_out_on_request(bench) -> None:
    bench.edit("helpers.py", "def tidy(raw):", "def tidy(raw):  # pivot: ignore")
    assert impact(bench, "helpers.py", "tidy") == ()
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        assert ignored(look, bench.root / "helpers.py", None) == ("func:tidy",)
        assert ignored(look, bench.root / "helpers.py", "add") == ()
