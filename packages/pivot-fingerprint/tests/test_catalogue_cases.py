"""The cases of the catalogue are right: what they say must run is what an execution of everything shows.

No change detection is involved: each version of each project is executed whole, and the outputs are compared.
"""

import importlib.util
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "catalogue"))
catalogue = importlib.import_module("catalogue")
oracle = importlib.import_module("oracle")

pytestmark = pytest.mark.catalogue

CASES = catalogue.read_catalogue()
DIRECTIONS = {"imports", "functions", "classes", "values", "inputs", "quiet", "observed", "devious", "beyond"} | {
    "projects",
    "runtime",
    "edits",
    "effects",
    "expert",
    "members",
    "names",
}


@pytest.fixture(scope="module")
def judges() -> Iterator[tuple[oracle.Oracle, oracle.Oracle]]:
    """Two of them, so that what depends on hash randomisation is seen as a change."""
    with oracle.Oracle(PYTHONHASHSEED="1") as one, oracle.Oracle(PYTHONHASHSEED="2") as other:
        yield one, other


@pytest.mark.parametrize(
    "case",  # one in four with all tests, always the same ones: what they say of Python does not change with Pivot
    [pytest.param(one, id=one.id, marks=[pytest.mark.sweep] * (zlib.crc32(one.id.encode()) % 4 > 0)) for one in CASES],
)
def test_case(case: catalogue.Case, judges: tuple[oracle.Oracle, oracle.Oracle], tmp_path: Path) -> None:
    for module in case.needs:
        pytest.importorskip(module)
    versions = [_version(case, tmp_path / str(number), number) for number in range(len(case.steps) + 1)]
    with ThreadPoolExecutor() as pool:  # they wait for their interpreters, each for every second version
        halves = list(pool.map(lambda judge, start: judge.outputs(*versions[start::2]), judges, (0, 1)))
    outputs = [halves[number % 2][number // 2] for number in range(len(versions))]
    assert set(case.stages) == set().union(*outputs)
    for step, before, after in zip(case.steps, outputs, outputs[1:], strict=False):
        assert mistakes(step, before, after) == [], f"{step.place} of {case.place}"


def mistakes(
    step: catalogue.Step, before: Mapping[str, oracle.Output], after: Mapping[str, oracle.Output]
) -> list[str]:
    """Say what is wrong with a step, given what the stages wrote before and after it."""
    changed = {stage for stage in after if before.get(stage) != after[stage]}
    return [
        *(f"{stage} writes something else and is not said to run" for stage in sorted(changed - step.runs)),
        *(f"{stage} runs and writes the same" for stage in sorted(step.runs - step.same_output - changed)),
        *(f"{stage} is said to write the same" for stage in sorted(step.same_output & changed)),
    ]


def _version(case: catalogue.Case, base: Path, steps: int) -> catalogue.Project:
    """Return the project of a case as it is after some steps."""
    project = catalogue.Project(case, base)
    for step in case.steps[:steps]:
        project.apply(step)
    return project


def test_mistakes_are_found() -> None:
    step = catalogue.Step((), frozenset("ab"), same_output=frozenset("b"))
    old, new = oracle.Output("x.json", "old"), oracle.Output("x.json", "new")
    assert mistakes(step, {"a": old, "b": old, "c": old}, {"a": new, "b": old, "c": old}) == []
    assert mistakes(step, {"a": old, "b": old, "c": old}, {"a": old, "b": new, "c": new}) == [
        "c writes something else and is not said to run",
        "a runs and writes the same",
        "b is said to write the same",
    ]


def test_the_catalogue_is_whole() -> None:
    counts = Counter(case.category for case in CASES)
    assert set(counts) == DIRECTIONS
    assert counts.total() >= 500
    assert counts["devious"] >= 150
    assert sum(not step.runs for case in CASES for step in case.steps) >= 90


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--- stages.py\ndef a(): return 1\n--- edit stages.py\n- return\n+ yield\nruns: b\n", "do not fit"),
        ("--- stages.py\ndef a(): return 1\n--- edit stages.py\n- return\n+ yield\n", "end with runs:"),
        ("--- stages.py\ndef a(): return 1\nruns: a\n", "runs does not belong here"),
        ("--- stages.py\ndef a(): return 1\n--- polish stages.py\nruns: a\n", "unknown edit 'polish stages.py'"),
        ("--- stages.py\ndef a(): return 1\n--- edit stages.py\nreturn 2\nruns: a\n", "neither - nor +"),
        ("--- stages.py\n--- stages.py\n", "stages.py is given twice"),
    ],
)
def test_a_wrong_case_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.case"
    file.write_text(f"=== wrong\n{text}")
    with pytest.raises(catalogue.CaseError, match=message) as caught:
        list(catalogue.read_cases(file))
    assert str(caught.value).startswith("wrong.case:")


def test_two_cases_of_one_title_are_refused(tmp_path: Path) -> None:
    body = "--- stages.py\ndef a(): return 1\n--- touch stages.py\nruns: nothing\n"
    (tmp_path / "some.case").write_text(f"=== One title\n{body}=== one  title\n{body}")
    with pytest.raises(catalogue.CaseError, match=r"the title is taken by some\.case:1"):
        catalogue.read_catalogue(tmp_path)


@pytest.mark.parametrize(("old", "times"), [("return", 2), ("yield", 0)])
def test_an_edit_must_fit_one_place(old: str, times: int, tmp_path: Path) -> None:
    file = tmp_path / "some.case"
    file.write_text(
        f"=== t\n--- stages.py\ndef a(): return 1\ndef b(): return 2\n--- edit stages.py\n- {old}\nruns: a\n"
    )
    (case,) = catalogue.read_cases(file)
    with pytest.raises(catalogue.CaseError, match=f"occurs {times} times"):
        catalogue.Project(case, tmp_path / "base").apply(case.steps[0])
