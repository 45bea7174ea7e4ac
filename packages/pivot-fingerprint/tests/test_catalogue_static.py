"""Every case of the catalogue against the library alone: digests change exactly where the stages must run.

What a tool does around the library is done here in its plainest form: run a stage under ``observe``, keep the
digests of everything that it depends on, compare them with those of the edited project.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pivot_fingerprint import Analysis, Entry, Fingerprint, ImportRead
from pivot_fingerprint.access import file_digest, listing_digest
from pivot_fingerprint.environment import variable_digest

CATALOGUE = Path(__file__).parent / "catalogue"
sys.path.insert(0, str(CATALOGUE))
catalogue = importlib.import_module("catalogue")
oracle = importlib.import_module("oracle")

type Told = Mapping[str, Any]  # what watched.py tells, of a project or of one of its stages
type State = Mapping[str, str | None]  # what a stage depends on, with digests


@pytest.fixture(scope="module")
def watcher() -> Iterator[oracle.Server]:
    with oracle.Server(CATALOGUE / "watched.py") as one:
        yield one


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in catalogue.read_catalogue()])
def test_case(case: catalogue.Case, watcher: oracle.Server, tmp_path: Path) -> None:
    for module in case.needs:
        pytest.importorskip(module)
    project = catalogue.Project(case, tmp_path)
    kept: dict[str, State] = {}  # by stage, from its last run
    seen: dict[str, Told] = {}
    for step in [None, *case.steps]:
        if step is not None:
            project.apply(step)
        look = Look(project, watcher)
        differences = {}
        for stage, told in look.stages.items():
            now = look.state(stage, seen[stage]) if stage in seen else {}
            if stage not in seen or now != kept[stage]:
                differences[stage] = {
                    key for key in now.keys() | kept.get(stage, {}) if now.get(key) != kept[stage].get(key)
                }
                seen[stage] = look.kept(stage, told["observed"])
                kept[stage] = look.state(stage, seen[stage])
        if step is not None:
            where = f"{step.place} of {case.place}: {differences}"
            assert differences.keys() - step.may_run == step.runs, where


class Look:
    """A project as it is now: executed once, and analysed."""

    def __init__(self, project: catalogue.Project, watcher: oracle.Server) -> None:
        self.root = str(project.root)
        self.env = oracle.environment(project.env)
        (self.told,) = watcher.ask([[self.root, self.env]])
        self.stages: Mapping[str, Told] = self.told["stages"]
        beside = project.env.get("PYTHONPATH", "").split(":")
        own = {str(CATALOGUE), *beside}
        self.analysis = Analysis(
            [self.root], path=[*filter(None, beside), *(one for one in sys.path if one not in own)]
        )

    def kept(self, stage: str, observed: Told) -> Told:
        """Return what a run showed; of the functions only those that the source does not lead to, by name."""
        known = {(part.module, part.name) for part in self._fingerprint(stage, {"functions": [], "modules": []}).parts}
        parts = [self.analysis.locate(Entry(*one)) for one in observed["functions"]]
        names = {(part.module, part.name) for part in parts if part is not None}
        return {**observed, "functions": sorted(names - known)}

    def state(self, stage: str, observed: Told) -> State:
        """Return what the stage depends on, given what its last run showed."""
        told = self.stages[stage]
        found = self._fingerprint(stage, observed)
        return {
            **{part.key: part.digest for part in found.parts},
            **{f"package::{name}": version for name, version in found.packages},
            **dict(told["live"]),
            **{f"input {path}": file_digest(f"{self.root}/{path}") for path in told["inputs"]},
            **{f"read {path}": file_digest(f"{self.root}/{path}") for path in observed["reads"]},
            **{f"listing {path}": listing_digest(f"{self.root}/{path}") for path in observed["listings"]},
            **{f"env {name}": variable_digest(name, self.env) for name, _ in observed["env"]},
            "params": repr(told["params"]),
        }

    def _fingerprint(self, stage: str, observed: Told) -> Fingerprint:
        entries = [Entry(*one) for one in (*self.stages[stage]["entries"], *observed["functions"])]
        modules = [*self.told["modules"], *(name for name, _ in observed["modules"])]
        reads = [ImportRead(*one) for one in self.told["reads"]]
        return self.analysis.fingerprints({stage: entries}, imported=modules, reads=reads)[stage]
