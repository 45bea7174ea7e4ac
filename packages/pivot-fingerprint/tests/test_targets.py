"""One function's fingerprint, by name and by object."""

import functools
import subprocess
import sys
from collections.abc import Callable

import pytest

import pivot_fingerprint
from pivot_fingerprint import InvalidTarget, UnknownModule, UnknownName, compare, fingerprint, record
from pivot_fingerprint.memo import PlainMemo

SOURCE = """
    from helpers! import scale

    FACTOR = 2

    def train(x):
        return scale(x) * FACTOR

    def make(rate):
        def step(x):
            return scale(x) * rate
        return step

    class Model:
        def fit(self, x):
            return train(x)
"""


@pytest.fixture
def stages(project) -> str:
    project.write("helpers!.py", "def scale(x):\n    return x + 1\n\ndef unused():\n    return 0\n")
    project.write("stages!.py", SOURCE)
    return project.name("stages")


def labels(found: pivot_fingerprint.Fingerprint) -> list[str]:
    return [part.label for part in found.parts]


def test_a_function_by_name(project, stages) -> None:
    found = fingerprint(f"{stages}:train", roots=[str(project.root)])
    assert labels(found) == ["const:FACTOR", "func:scale", "func:train"]
    assert stages not in sys.modules


def test_the_current_directory_is_the_root(project, stages) -> None:
    assert fingerprint(f"{stages}:train") == fingerprint(f"{stages}:train", roots=["."])


def test_a_method_counts_with_its_class(stages) -> None:
    assert {"class:Model", "method:Model.fit", "func:scale"} <= set(labels(fingerprint(f"{stages}:Model.fit")))


def test_a_name_that_was_imported_leads_to_its_definition(project, stages) -> None:
    project.write("front!.py", "from stages! import train as t\nfrom helpers! import *\n")
    front = project.name("front")
    assert record(fingerprint(f"{front}:t")) == record(fingerprint(f"{stages}:train"))
    assert labels(fingerprint(f"{front}:scale")) == ["func:scale"]


def test_a_live_function_is_the_same_as_its_name(project, stages) -> None:
    live = fingerprint(project.load("stages").train)
    assert record(live) == record(fingerprint(f"{stages}:train"))


def test_values_bound_to_a_live_function_count(project, stages) -> None:
    module = project.load("stages")
    found = fingerprint(module.make(2))
    [value] = [part for part in found.parts if part.kind == "live"]
    assert found.parents[value.key] in {part.key for part in found.parts}
    assert [part.key for part in found.parts] == sorted(part.key for part in found.parts)
    assert compare(record(found), fingerprint(module.make(2))) == ()
    assert [change.key for change in compare(record(found), fingerprint(module.make(3)))] == [value.key]


def test_an_argument_of_a_partial_counts(project, stages) -> None:
    train = project.load("stages").train
    before, after = (record(fingerprint(functools.partial(train, x=x))) for x in (1, 2))
    assert [key for key in before if before[key] != after[key]] == [f"live:{stages}:train.x"]


def test_only_an_edit_of_what_is_reached_changes_anything(project, stages) -> None:
    before = record(fingerprint(f"{stages}:train"))
    project.write("helpers!.py", "def scale(x):\n    # plus one\n    return x + 1\n\ndef unused():\n    return 1\n")
    assert compare(before, fingerprint(f"{stages}:train")) == ()
    project.write("helpers!.py", "def scale(x):\n    return x + 2\n")
    assert [change.label for change in compare(before, fingerprint(f"{stages}:train"))] == ["func:scale"]


def test_a_memo_is_used(stages) -> None:
    memo = PlainMemo()
    first = fingerprint(f"{stages}:train", memo=memo)
    assert fingerprint(f"{stages}:train", memo=memo) == first
    assert memo._kept  # the protocol has no way to ask


@pytest.mark.parametrize("target", ["", "stages", "stages:", ":train", "stages:train()", "stages.py:train", "a:b:c"])
def test_a_text_that_names_nothing(target: str) -> None:
    with pytest.raises((InvalidTarget, UnknownModule)) as caught:
        fingerprint(target)
    assert isinstance(caught.value, InvalidTarget) or target == "stages.py:train"


def test_an_unknown_module(project) -> None:
    with pytest.raises(UnknownModule) as caught:
        fingerprint("nowhere.at_all:train", roots=[str(project.root)])
    assert (caught.value.module, caught.value.roots) == ("nowhere.at_all", (str(project.root),))


def test_a_module_that_is_not_the_projects() -> None:
    with pytest.raises(UnknownModule, match="installed"):
        fingerprint("json:dumps")


@pytest.mark.parametrize(
    ("name", "suggestion"), [("trian", "train"), ("Modell", "Model"), ("model.fit", "Model.fit"), ("zzz", None)]
)
def test_an_unknown_name(stages, name: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownName) as caught:
        fingerprint(f"{stages}:{name}")
    assert caught.value.suggestion == suggestion


def test_a_live_function_whose_module_cannot_be_found_again(project) -> None:
    names: dict[str, Callable[[], int]] = {}
    file = project.write("lost.py", "def f():\n    return 1\n")
    exec(compile(file.read_text(), str(file), "exec"), {"__name__": "no_such_module"} | names, names)
    with pytest.raises(UnknownModule, match="no_such_module"):
        fingerprint(names["f"])


def test_it_is_offered_by_the_package_however_it_was_imported() -> None:
    program = (
        "import pivot_fingerprint.targets, sys; from pivot_fingerprint import fingerprint; assert callable(fingerprint)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_package_imports_it_on_first_use_only() -> None:
    program = "import pivot_fingerprint, sys; assert 'pivot_fingerprint.targets' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("name", "suggestion"), [("Model.fti", "Model.fit"), ("make.stepp", None), ("trian", "train"), ("make.x.y", "make")]
)
def test_a_name_that_is_not_there_is_an_error_also_inside_another(stages, name: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownName) as caught:
        fingerprint(f"{stages}:{name}")
    assert caught.value.suggestion == suggestion


def test_a_name_from_outside_the_project_is_not_suggested_for_itself(project) -> None:
    project.write("maths!.py", "import json as js\ndef jsx(): return js.dumps(1)\n")
    maths = project.name("maths")
    with pytest.raises(UnknownName, match="comes from outside the project"):
        fingerprint(f"{maths}:js")
    with pytest.raises(UnknownName, match="did you mean 'jsx'"):
        fingerprint(f"{maths}:jsxx")


@pytest.mark.parametrize("value", [None, 3, [len]])
def test_what_cannot_be_called_is_no_target(value: object) -> None:
    with pytest.raises(InvalidTarget):
        fingerprint(value)  # type: ignore[arg-type]  # what a caller without types may do
