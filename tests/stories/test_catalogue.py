"""Every case of the change-detection catalogue through the real command: the right stages run, nothing is stale.

The cases and their format are in packages/pivot-fingerprint/tests/catalogue; the tests of that package show that they
are right, and follow them in process. With all tests one in twenty is run here, always the same, and others there; the
rest of each is marked `sweep` (`./dev sweep`).
"""

import importlib
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from workbench import PIVOT

sys.path.insert(0, str(Path(__file__).parents[2] / "packages" / "pivot-fingerprint" / "tests" / "catalogue"))
catalogue = importlib.import_module("catalogue")
oracle = importlib.import_module("oracle")


@pytest.fixture(scope="module")
def judge() -> Iterator[oracle.Oracle]:
    with oracle.Oracle() as one:
        yield one


BEYOND = pytest.mark.xfail(strict=False, reason="known not to be followed; the README names it")


def marks(case: catalogue.Case) -> list[pytest.MarkDecorator]:
    """Return what is special about a case: one of twenty goes through the command with all tests."""
    seldom = zlib.crc32(case.id.encode()) % 20 > 0
    return [pytest.mark.sweep] * seldom + [BEYOND] * (case.category == "beyond")


CASES = [pytest.param(case, id=case.id, marks=marks(case)) for case in catalogue.read_catalogue()]


@pytest.mark.parametrize("case", CASES)
def test_catalogue(case: catalogue.Case, judge: oracle.Oracle, tmp_path: Path) -> None:
    for module in case.needs:
        pytest.importorskip(module)
    project = catalogue.Project(case, tmp_path / "lived")
    first = ran(repro(project, tmp_path / "home", hash_seed=0))
    assert first == registered(case, judge, tmp_path / "first")
    for number, step in enumerate(case.steps, 1):
        project.apply(step)
        report = repro(project, tmp_path / "home", hash_seed=number)
        assert ran(report) - step.may_run == step.runs, f"{step.place} of {case.place}:\n{shown(report)}"
        fresh = catalogue.Project(case, tmp_path / f"fresh{number}")
        for earlier in case.steps[:number]:
            fresh.apply(earlier)
        (outputs,) = judge.outputs(fresh)
        for stage, output in outputs.items():
            now, expected = content(project.root / output.path), content(fresh.root / output.path)
            assert now == expected, f"{stage} is stale after {step.place} of {case.place}"


def repro(project: catalogue.Project, home: Path, hash_seed: int) -> Mapping[str, object]:
    """Run ``pivot repro`` and return its report. Nothing of this machine's settings is seen."""
    # a case replaces a release within one second by one of the same size, which Python's bytecode cache cannot tell
    fixed = {"PYTHONHASHSEED": str(hash_seed), "PYTHONDONTWRITEBYTECODE": "1"}
    fixed["HOME"] = project.env.get("HOME", str(home))
    env = oracle.environment(project.env) | fixed
    command = [str(PIVOT), "repro", "--json"]
    done = subprocess.run(command, cwd=project.root, env=env, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def ran(report: Mapping[str, object]) -> set[str]:
    """Return the stages whose functions were executed; a stage that was restored from the cache was not."""
    return {row["stage"] for row in report["stages"] if row["action"] == "run"}


def shown(report: Mapping[str, object]) -> str:
    """Return what was done and why, a line a stage."""
    return "\n".join(f"{row['stage']}: {row['action']} {json.dumps(row['reasons'])}" for row in report["stages"])


def registered(case: catalogue.Case, judge: oracle.Oracle, base: Path) -> set[str]:
    """Return the stages of the case before its first edit."""
    (outputs,) = judge.outputs(catalogue.Project(case, base))
    return set(outputs)


def content(path: Path) -> object:
    """Return what a file says: JSON as text of one form, so that 1 is not 1.0; pickles only by being there."""
    match path.suffix:
        case ".json":
            return json.dumps(json.loads(path.read_bytes()))
        case ".pkl":
            return path.exists()
        case _:
            return path.read_bytes()
