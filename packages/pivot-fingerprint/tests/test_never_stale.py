"""Random projects, random edits: what changes the outputs is always seen, what means nothing never is.

The judge executes everything. The normal run tries the same few projects each time, ``./dev sweep -k many_random``
thousands of others: as many as ``PIVOT_EXAMPLES`` says.
"""

import importlib
import itertools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import blake3
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from pivot_fingerprint import Analysis, Entry, compare, record

sys.path.insert(0, str(Path(__file__).parent / "random_projects"))
projects = importlib.import_module("projects")
edits = importlib.import_module("edits")
texts = importlib.import_module("texts").texts
outputs = importlib.import_module("execution").outputs

few = settings(  # the fixture makes another directory for each example; a failure is explained well enough by itself
    max_examples=50,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
many = settings(few, max_examples=int(os.environ.get("PIVOT_EXAMPLES", "1500")), derandomize=False, database=None)


class Memo:
    """Keeps what an analysis puts into it from one version of a project to the next, but no digest of a file."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.get = self.kept.get
        self.put = self.kept.__setitem__

    def digest(self, path: str) -> str | None:
        try:
            return blake3.blake3(Path(path).read_bytes()).hexdigest()
        except OSError:
            return None


class Checkout:
    """A directory with one version of a project after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._memo = Memo()
        self._texts: dict[str, str] = {}

    def look(self, project: projects.Project, texts: Mapping[str, str]) -> "Look":
        """Write the texts, and return what is known of their stages."""
        for path in self._texts.keys() - texts.keys():
            (self.root / path).unlink()
        for path, text in texts.items():
            if text != self._texts.get(path):
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).write_text(text)
        self._texts = dict(texts)
        stages = {name: [Entry("stages", name)] for name in project.stages}
        found = Analysis([str(self.root)], memo=self._memo).fingerprints(stages, imported=["stages"])
        anew = Analysis([str(self.root)]).fingerprints(stages, imported=["stages"])
        assert {name: one[:3] for name, one in found.items()} == {name: one[:3] for name, one in anew.items()}
        return Look(texts, outputs(texts, project.stages), found)


class Look:
    """What the stages of one version give, and their fingerprints."""

    def __init__(self, texts: Mapping[str, str], outputs: Mapping[str, str], found: Mapping[str, object]) -> None:
        self.texts = texts
        self.outputs = outputs
        self.found = found
        self.records = {name: record(one) for name, one in found.items()}

    def runs(self, before: "Look") -> dict[str, list[str]]:
        """Return the stages that would run after another look, each with the parts that changed."""
        changes = {name: compare(before.records[name], self.found[name]) for name in self.records}
        return {name: [one.key for one in found] for name, found in changes.items() if found}

    def changed(self, before: "Look") -> set[str]:
        """Return the stages that give something else than before; none where the project cannot be imported."""
        return {name for name, output in self.outputs.items() if before.outputs.get(name, output) != output}

    def tell(self, words: str) -> None:
        """Show the version where a test fails."""
        note(f"===== {words}: {self.outputs}")
        for path, text in self.texts.items():
            note(f"--- {path}\n{text}")


type Make = Callable[[], Checkout]
type Check = Callable[[Make, st.DataObject], None]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """What makes a new checkout."""
    numbers = itertools.count()

    def make_one() -> Checkout:
        root = tmp_path / str(next(numbers))
        root.mkdir()
        return Checkout(root)

    return make_one


def check_meaning(make: Make, data: st.DataObject) -> None:
    """Whatever changes what a stage gives changes its fingerprint; what it does not reach does not."""
    project = data.draw(projects.projects())
    here = make()
    first = before = here.look(project, texts(project))
    first.tell("first")
    for _ in range(3):
        edit = data.draw(edits.edits(project))
        after = here.look(edit.project, texts(edit.project))
        after.tell(edit.words)
        if not after.outputs:
            continue
        runs = after.runs(before)
        assert after.changed(before) <= runs.keys(), "stale"
        if edit.definition is not None:
            reach = {name for name in runs if edit.definition in projects.reached(edit.project, name)}
            reach |= {name for name in runs if edit.definition in projects.reached(project, name)}
            assert runs.keys() <= reach, f"these do not reach {edit.project.definitions[edit.definition]}: {runs}"
        project, before = edit.project, after
    assert before.changed(first) <= before.runs(first).keys(), "stale after several edits"
    assert not here.look(project, first.texts).runs(first), "everything is taken back"


def check_polish(make: Make, data: st.DataObject) -> None:
    """What means nothing changes no fingerprint."""
    project = data.draw(projects.projects())
    here = make()
    first = here.look(project, texts(project))
    first.tell("first")
    for _ in range(3):
        edit = data.draw(edits.polishings(project))
        now = texts(edit.project)
        after = here.look(edit.project, edits.reformatted(now) if data.draw(st.booleans()) else now)
        after.tell(edit.words)
        assert not after.changed(first), "the test is wrong: this edit means something"
        assert not after.runs(first)
        project = edit.project


either = pytest.mark.parametrize("check", [check_meaning, check_polish], ids=["never_stale", "rarely_spurious"])


@either
@few
@given(data=st.data())
def test_random_projects(make: Make, check: Check, data: st.DataObject) -> None:
    check(make, data)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@either
@many
@given(data=st.data())
def test_many_random_projects(make: Make, check: Check, data: st.DataObject) -> None:
    check(make, data)
