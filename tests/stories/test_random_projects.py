"""Random projects, random edits, and `pivot repro` after each: the outputs are those of running everything.

The projects are those of the fingerprint's own tests; here their functions are stages with data, parameters and one
another's outputs. What means nothing runs nothing, and what was there before is given back. The judge executes the
functions without Pivot. The normal run tries the same few each time, `./dev sweep -k random_projects` as many others as
`PIVOT_EXAMPLES` says.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from workbench import Project

sys.path.insert(0, str(Path(__file__).parents[2] / "packages" / "pivot-fingerprint" / "tests" / "random_projects"))
projects = importlib.import_module("projects")
edits = importlib.import_module("edits")
texts = importlib.import_module("texts").texts
outputs = importlib.import_module("execution").outputs

few = settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
many = settings(
    few,
    max_examples=int(os.environ.get("PIVOT_EXAMPLES", "150")),
    derandomize=False,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink],
)

HEAD = """
from typing import Annotated

import pivot
import stages
from calls import result_of

JSON = pivot.loaders.JSON
pipeline = pivot.Pipeline("random")


class Params(pivot.StageParams):
    factor: int = 1
"""
STAGE = """

def run_{name}(
    data: Annotated[list, pivot.Dep("{name}.data", JSON())],{before}
    params: Params,
) -> Annotated[dict, pivot.Out("{name}.json", JSON())]:
    with open("../ran.txt", "a") as log:
        log.write("{name}\\n")
    return {{"code": result_of(stages.{name}), "data": sum(data) * params.factor, "before": {value}}}


pipeline.register(run_{name}, name="{name}")
"""
BEFORE = '\n    before: Annotated[dict, pivot.Dep("s0.json", JSON())],'
CALLS = """
def result_of(function):
    try:
        return repr(function(3))
    except Exception:
        return "an error"
"""


class State(NamedTuple):
    """Everything that an author writes: the project, its texts, and by stage data and parameters."""

    project: Any
    texts: Mapping[str, str]
    data: Mapping[str, list[int]]
    factors: Mapping[str, int]

    def files(self) -> dict[str, str]:
        """Return the texts of all files."""
        stages = [
            STAGE.format(name=name, before=BEFORE if at else "", value='before["code"]' if at else "None")
            for at, name in enumerate(self.project.stages)
        ]
        files = {**self.texts, "pipeline.py": HEAD + "".join(stages), "calls.py": CALLS}
        files |= {f"{name}.data": json.dumps(data) for name, data in self.data.items()}
        return files | {"params.yaml": json.dumps({name: {"factor": one} for name, one in self.factors.items()})}

    def expected(self) -> dict[str, Any]:
        """Return what is in each output if everything is executed; nothing if the modules cannot be imported."""
        found = outputs(self.texts, self.project.stages)
        return {
            name: {
                "code": found[name],
                "data": sum(self.data[name]) * self.factors[name],
                "before": found["s0"] if name != "s0" else None,
            }
            for name in found
        }


class Edited(NamedTuple):
    """What is done: in words, what it comes to, and the stages that may run (None: those for which it means
    something)."""

    words: str
    state: State
    may_run: set[str] | None


class Lived:
    """A checkout in which `pivot repro` is called after each edit."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.files: dict[str, str] = {}

    def repro(self, state: State, words: str) -> list[str] | None:
        """Write the files, run, compare what is there with what should be, and return the stages that ran.

        None where the project cannot be imported, now or inside of a function.
        """
        files, expected = state.files(), state.expected()
        note(f"===== {words}: {expected}")
        for path in self.files.keys() - files.keys():
            (self.project.path / path).unlink()
        for path, text in files.items():
            if self.files.get(path) != text:
                note(f"--- {path}\n{text}")
        self.project.write({path: text for path, text in files.items() if self.files.get(path) != text})
        self.files = files
        log = self.project.path.parent / "ran.txt"
        log.unlink(missing_ok=True)
        outcome = self.project.run("repro", code=0 if expected else None)
        note(str(outcome))
        if not expected:
            return None
        found = {name: json.loads(self.project.read(f"{name}.json")) for name in expected}
        assert found == expected, f"stale after: {words}"
        return sorted(log.read_text().split()) if log.exists() else []


@st.composite
def an_edit(draw: st.DrawFn, state: State, before: list[State]) -> Edited:
    """Draw what an author may do next."""
    stage = draw(st.sampled_from(state.project.stages))
    below = set(state.project.stages) if stage == "s0" else {stage}
    kinds = ["code", "code", "code", "polish", "polish", "data", "params", "again", "back", "output"]
    match draw(st.sampled_from(kinds)):
        case "polish":
            edit = draw(edits.polishings(state.project))
            now = texts(edit.project)
            now = edits.reformatted(now) if draw(st.booleans()) else now
            return Edited(edit.words, state._replace(project=edit.project, texts=now), set())
        case "data":
            data = draw(st.lists(st.integers(0, 9), max_size=3))
            return Edited(f"data of {stage}", state._replace(data={**state.data, stage: data}), below)
        case "params":
            factors = {**state.factors, stage: draw(st.integers(1, 5))}
            return Edited(f"a parameter of {stage}", state._replace(factors=factors), below)
        case "again":
            return Edited("all files written again", state, set())
        case "back":
            return Edited("back to an earlier state", draw(st.sampled_from(before)), set())
        case "output":
            return Edited(f"{stage}.json is removed", state, set())
        case _:
            edit = draw(edits.edits(state.project))
            return Edited(edit.words, state._replace(project=edit.project, texts=texts(edit.project)), None)


def live(lived: Lived, data: st.DataObject, count: int) -> None:
    """Go through a number of edits of a new project."""
    project = data.draw(projects.projects())
    numbers = {name: at + 1 for at, name in enumerate(project.stages)}
    state = State(project, texts(project), {name: [at] for name, at in numbers.items()}, numbers)
    assert lived.repro(state, "first") in (project.stages, None)
    before = [state] if state.expected() else []
    for _ in range(count if before else 0):
        edit = data.draw(an_edit(state, before))
        if edit.words == "all files written again":
            lived.files = {}
        if edit.words.endswith(".json is removed"):
            (lived.project.path / edit.words.partition(" ")[0]).unlink()
        ran = lived.repro(edit.state, edit.words)
        assert ran is None or edit.may_run is None or set(ran) <= edit.may_run, f"{ran} ran after: {edit.words}"
        if ran is None:
            assert lived.repro(state, "taken back") == []
        else:
            state = edit.state
            before.append(state)


def fresh(top: Path) -> Lived:
    """An empty project, beside those of earlier examples."""
    place = top / str(sum(1 for _ in top.iterdir()))
    place.mkdir()
    return Lived(Project(place / "project", home=place / "home"))


@few
@given(data=st.data())
def test_random_projects(tmp_path: Path, data: st.DataObject) -> None:
    live(fresh(tmp_path), data, 2)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@many
@given(data=st.data())
def test_many_random_projects(tmp_path: Path, data: st.DataObject) -> None:
    live(fresh(tmp_path), data, 6)
