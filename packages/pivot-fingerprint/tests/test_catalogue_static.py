"""Every case of the catalogue against the library alone: digests change exactly where the stages must run.

What a tool does around the library is done here in its plainest form: run a stage under ``observe``, keep the
digests of everything that it depends on, compare them with those of the edited project.
"""

import importlib
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pivot_fingerprint import Analysis, Entry, Fingerprint, ImportRead, Observed, compare, links, record
from pivot_fingerprint.access import file_digest, listing_digest
from pivot_fingerprint.environment import variable_digest
from pivot_fingerprint.memo import PlainMemo

CATALOGUE = Path(__file__).parent / "catalogue"
sys.path.insert(0, str(CATALOGUE))
catalogue = importlib.import_module("catalogue")
oracle = importlib.import_module("oracle")

pytestmark = pytest.mark.catalogue


@pytest.fixture(scope="module")
def watcher() -> Iterator[oracle.Server]:
    with oracle.Server(CATALOGUE / "watched.py") as one:
        yield one


BEYOND = pytest.mark.xfail(strict=False, reason="known not to be followed; the README names it")


def marks(case: catalogue.Case) -> list[pytest.MarkDecorator]:
    """Return what is special about a case: one of ten is run with all tests."""
    seldom = zlib.crc32(case.id.encode()) % 10 != 3
    return [pytest.mark.sweep] * seldom + [BEYOND] * (case.category == "beyond")


CASES = [pytest.param(case, id=case.id, marks=marks(case)) for case in catalogue.read_catalogue()]


@pytest.mark.parametrize("case", CASES)
def test_case(case: catalogue.Case, watcher: oracle.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in case.needs:
        pytest.importorskip(module)
    monkeypatch.setattr(links, "_FEW", 1)  # what was followed first is used again after each step
    memo = Memo()
    project = catalogue.Project(case, tmp_path)
    look = Look(project, watcher)
    assert look.answers(memo) == look.answers(None)
    kept = {stage: look.record(stage) for stage in look.stages}
    for step in case.steps:
        project.apply(step)
        look = Look(project, watcher)
        assert look.answers(memo) == look.answers(None)
        changes = {stage: look.changes(stage, kept[stage]) if stage in kept else ["new"] for stage in look.stages}
        ran = {stage for stage, changed in changes.items() if changed}
        assert ran - step.may_run == step.runs, f"{step.place} of {case.place}: {changes}"
        kept |= {stage: look.record(stage) for stage in ran}


class Memo(PlainMemo):
    """Keeps what an analysis puts into it from one step to the next, but no digest of a file."""

    def digest(self, path: str) -> str | None:
        self._digests.clear()
        return super().digest(path)


class Record(NamedTuple):
    """What is kept of a run: digests of the code, what the run showed, and the digests of all else that it used."""

    code: Mapping[str, str]
    beyond: tuple[Entry, ...]  # what executed although the source does not lead to it
    observed: Observed
    uses: Mapping[str, str | None]


class Look:
    """A project as it is now: executed once, and analysed."""

    def __init__(self, project: catalogue.Project, watcher: oracle.Server) -> None:
        self.root = str(project.root)
        self.env = oracle.environment(project.env)
        (told,) = watcher.ask([[self.root, self.env]])
        self.stages: Mapping[str, Mapping[str, Any]] = told["stages"]
        self.imported = told["modules"]
        self.reads = [ImportRead(*one) for one in told["reads"]]
        beside = project.env.get("PYTHONPATH", "").split(":")
        own = {str(CATALOGUE), *beside}
        path = [*filter(None, beside), *(one for one in sys.path if one not in own)]
        self._path = path
        self.analysis = Analysis([self.root], path=path)

    def answers(self, memo: PlainMemo | None) -> dict[str, list[object]]:
        """Return all that the fingerprints of all stages say, but for the ways; from nothing if no memo is given."""
        entries = {stage: self._entries(stage) for stage in self.stages}
        analysis = self.analysis if memo is None else Analysis([self.root], path=self._path, memo=memo)
        found = analysis.fingerprints(entries, imported=self.imported, reads=self.reads)
        return {stage: [*one[:3], one.ignored] for stage, one in found.items()}

    def record(self, stage: str) -> Record:
        """Return what to keep of the run that was just made."""
        observed = Observed(**self.stages[stage]["observed"])
        observed = observed._replace(functions=tuple(Entry(*one) for one in observed.functions))
        told = {"imported": self.imported, "reads": self.reads}
        beyond = self.analysis.unexpected(self._entries(stage), observed, **told)
        executed = [*observed.sources, *observed.modules]
        known = self.analysis.imports([module for module, _ in executed]) | {"pivot"}  # the stand-in
        unnamed = [file for module, file in executed if module not in known]
        reads = (*observed.reads, *(os.path.relpath(file, self.root) for file in unnamed))
        observed = observed._replace(reads=reads)
        code = record(self._code(stage, beyond)) | dict(self.stages[stage]["live"])
        return Record(code, beyond, observed, self._uses(stage, observed))

    def changes(self, stage: str, kept: Record) -> list[str]:
        """Return the names of what is not as it was kept."""
        code = self._code(stage, kept.beyond)
        changed = compare(kept.code, code, others=dict(self.stages[stage]["live"]))
        uses = self._uses(stage, kept.observed)
        others = [name for name in uses.keys() | kept.uses if uses.get(name, "") != kept.uses.get(name, "")]
        return [*(change.key for change in changed), *others]

    def _entries(self, stage: str) -> list[Entry]:
        return [Entry(*one) for one in self.stages[stage]["entries"]]

    def _code(self, stage: str, beyond: tuple[Entry, ...]) -> Fingerprint:
        entries = {stage: [*self._entries(stage), *beyond]}
        return self.analysis.fingerprints(entries, imported=self.imported, reads=self.reads)[stage]

    def _uses(self, stage: str, observed: Observed) -> Mapping[str, str | None]:
        told = self.stages[stage]
        return {
            **{f"input {path}": file_digest(self._at(path)) for path in told["inputs"]},
            **{f"read {path}": file_digest(self._at(path)) for path in observed.reads},
            **{f"listing {path}": listing_digest(self._at(path)) for path in observed.listings},
            **{f"directory {path}": str(os.path.isdir(self._at(path))) for path in observed.directories},
            **{f"env {name}": variable_digest(name, self.env) for name, _ in observed.env},
            "params": repr(told["params"]),
            "output": told["output"],
        }

    def _at(self, path: str) -> str:
        return os.path.join(self.root, path)
