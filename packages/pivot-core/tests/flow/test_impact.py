"""Which stages an edit would run."""

import pytest

from pivot.errors import UsageError
from pivot.graph import build
from pivot.impact import find_impact, ignored, is_imported
from pivot_fingerprint import Observed


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


@pytest.mark.parametrize(
    ("path", "name", "problem", "hint"),
    [
        ("nothing.py", None, "there is no file nothing.py", ""),
        ("nothing.py", "tidy", "there is no file nothing.py", ""),
        ("helpers.py", "tid", "there is no tid in helpers.py", "did you mean tidy?"),
        ("helpers.py", "size", "there is no size in helpers.py", "did you mean Box.size or Case.size?"),
        ("helpers.py", "Box.sise", "there is no Box.sise in helpers.py", "did you mean Box.size?"),
        ("helpers.py", "xyz", "there is no xyz in helpers.py", "known: Box, Box.size, Case, Case.size, add, tidy"),
        ("helpers.py", "os", "os is imported in helpers.py, not defined there", "name the file"),
        ("/dev/null", None, "is no part of the project", ""),
    ],
)
def test_what_is_not_there_is_an_error(bench, path: str, name: str | None, problem: str, hint: str) -> None:
    methods = "".join(f"class {one}:\n    def size(self): return 1\n" for one in ("Box", "Case"))
    bench.write(helpers__py=f"import os\n{(bench.root / 'helpers.py').read_text()}{methods}")
    with pytest.raises(UsageError, match=problem) as caught:
        impact(bench, path, name)
    assert hint in (caught.value.hint or "")


def test_all_in_a_directory(bench) -> None:
    bench.write(more__json="{}")
    (bench.root / "lib").mkdir()
    (bench.root / "lib/__init__.py").touch()
    (bench.root / "lib/tools.py").write_text("def trim(raw): return raw\n")
    bench.edit(
        "helpers.py", "def tidy(raw):\n    return raw", "from lib.tools import trim\ndef tidy(raw): return trim(raw)"
    )
    assert impact(bench, "lib") == (("clean", True, ("clean → tidy → trim",)), ("total", False, ()))
    assert [one.stage for one in impact(bench, ".")] == ["clean", "total"]


def test_what_has_no_part_of_its_own_belongs_to_what_it_stands_in(bench) -> None:
    bench.edit(
        "helpers.py",
        "def add(clean):",
        "class Sizes:\n    small = 1\n    def f(self): return 1\ndef add(clean):\n    Sizes().f()",
    )
    assert impact(bench, "helpers.py", "Sizes.small") == (("total", True, ("total → add → Sizes",)),)
    bench.edit("helpers.py", "def tidy(raw):", "def tidy(raw):\n    def inner(): return 1")
    assert impact(bench, "helpers.py", "tidy.inner")[0] == ("clean", True, ("clean → tidy",))


def test_a_file_that_would_come(bench) -> None:
    (bench.root / "notes").mkdir()
    bench.observed["total"] = Observed(listings=(str(bench.root / "notes"),), reads=(str(bench.root / "extra.txt"),))
    bench.repro()
    assert impact(bench, "notes/new.txt") == (("total", True, ("undeclared input notes/",)),)
    assert impact(bench, "extra.txt") == (("total", True, ("undeclared input extra.txt",)),)
    (bench.root / "notes/old.txt").touch()
    assert impact(bench, "notes/old.txt") == ()


def test_a_definition_in_a_file_that_is_read_as_data(bench) -> None:
    bench.write(snippet__py="def run(): return 1\n")
    bench.observed["total"] = Observed(reads=(str(bench.root / "snippet.py"),))
    bench.repro()
    assert impact(bench, "snippet.py", "run") == (("total", True, ("undeclared input snippet.py",)),)
    with pytest.raises(UsageError, match="there is no walk"):
        impact(bench, "snippet.py", "walk")


def test_a_module_that_the_pipeline_imports_may_count_without_a_definition(bench) -> None:
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        assert is_imported(look, bench.root / "helpers.py")
        assert not is_imported(look, bench.root / "raw.json")


def test_a_definition_that_no_stage_reaches_concerns_none(bench) -> None:
    path = bench.root / "lib/tools.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("class Spare:\n    def use(self): return 2\n")
    helpers = bench.root / "helpers.py"
    helpers.write_text(helpers.read_text() + "def spare(): return 1\n")
    assert impact(bench, "helpers.py", "spare") == impact(bench, "lib/tools.py", "Spare.use") == ()


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
