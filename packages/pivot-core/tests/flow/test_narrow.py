"""A plan of what is in doubt says what a plan of everything says, whatever was done to the project since."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from pivot.errors import MissingInput
from pivot.execute.executor import Failure
from pivot.forecast import plan
from pivot.options import Options
from pivot_cache import Scan
from pivot_fingerprint import Observed
from pivot_fingerprint.environment import variable_digest

PIPELINE = """
from typing import Annotated
import pivot
import helpers
import more

JSON = pivot.loaders.JSON
Path = pivot.loaders.PathOnly

class Params(pivot.StageParams):
    factor: int = 2

def clean(raw: Annotated[dict, pivot.Dep("raw.json", JSON())]) -> Annotated[dict, pivot.Out("clean.json", JSON())]:
    return helpers.tidy(raw)

def total(
    clean: Annotated[dict, pivot.Dep("clean.json", JSON())], params: Params
) -> Annotated[dict, pivot.Metric("total.json")]:
    return helpers.add(clean)

def walk(tree: Annotated[object, pivot.Dep("tree/", Path())]) -> Annotated[dict, pivot.Out("made/walk.json", JSON())]:
    return more.walk(tree)

def alone() -> Annotated[dict, pivot.Out("made/alone.json", JSON())]:
    return BODY

def gather(made: Annotated[object, pivot.Dep("made/", Path())]) -> Annotated[dict, pivot.Out("all.json", JSON())]:
    return more.gather(made)

pipeline = pivot.Pipeline("p")
for stage in (clean, total, walk, alone, gather):
    pipeline.register(stage)
"""
STAGES = ("clean", "total", "walk", "alone", "gather")
OUTPUTS = ("clean.json", "total.json", "made/walk.json", "made/alone.json", "all.json")
TEXTS = (
    "tidy",
    "add",
    "walk",
    "gather",
    "alone",
    "comment",
    "structure",
    "raw.json",
    "tree/leaf",
    "tree/sub/deep",
    "read.txt",
)
FILES = (
    *OUTPUTS,
    *("raw.json", "raw.json.pvt", "tree/leaf", "tree/more", "tree/sub/deep", "read.txt", "none.txt", "listed/new"),
)


class Life:
    """A project to which things are done. Every text that is written has a length and a time of its own: no tick of a
    clock is coarse enough for two to look alike."""

    def __init__(self, bench: Any, environment: pytest.MonkeyPatch) -> None:
        self.bench = bench
        self.environment = environment
        self.count = 0
        self.texts = dict.fromkeys(TEXTS, 1)
        self.locks: list[dict[Path, bytes]] = []
        self.narrow = 0  # stages that were not looked at
        root = str(bench.root)
        for place in ("tree/sub", "listed", "made"):
            (bench.root / place).mkdir(parents=True)
        self.set_variable("1")
        bench.observed["walk"] = Observed(
            reads=(f"{root}/read.txt", f"{root}/none.txt"),
            listings=(f"{root}/listed",),
            directories=(f"{root}/logs",),
            env=(("LEVEL", variable_digest("LEVEL", os.environ)),),
        )
        self.write_texts()

    def set_variable(self, value: str) -> None:
        self.environment.setenv("LEVEL", value)
        if "walk" in self.bench.observed:
            env = (("LEVEL", variable_digest("LEVEL", os.environ)),)
            self.bench.observed["walk"] = self.bench.observed["walk"]._replace(env=env)

    def write(self, path: str, text: str) -> None:
        place = self.bench.root / path
        if place.is_file() and place.read_text() == text:
            return
        place.unlink(missing_ok=True)
        place.write_text(text)
        self.count += 1
        os.utime(place, ns=(self.count, self.count))

    def write_texts(self) -> None:
        bodies = {name: "x" * size for name, size in self.texts.items()}
        called = "helpers.tidy" if self.texts["structure"] % 2 else "helpers.add"
        functions = {"helpers": ("tidy", "add"), "more": ("walk", "gather")}
        for module, names in functions.items():
            lines = [f"def {name}(one):\n    return '{bodies[name]}'\n" for name in names]
            self.write(f"{module}.py", f"# {bodies['comment']}\nimport helpers\n" + "".join(lines))
        with (self.bench.root / "more.py").open("a") as file:
            file.write(f"def gather(one):\n    return '{bodies['gather']}', {called}(one)\n")
        self.write("pipeline.py", PIPELINE.replace("BODY", f"'{bodies['alone']}'"))
        for path in [name for name in TEXTS if "." in name or "/" in name]:
            self.write(path, bodies[path])

    def plan_both(self) -> None:
        """Hold the plan of what is in doubt, and the answer that needs no plan, against a plan of everything."""
        with self.bench.open() as workspace:
            standing = workspace.standing()
            _, quick = plan(workspace, Options(), narrow=True)
            _, whole = plan(workspace, Options(STAGES))
            decisions = [step.decision for step in whole.steps]
            assert list(quick.decisions) == decisions
            assert standing is None or {one.action for one in decisions} == {"skip"}
            self.narrow += len(quick.standing)

    def repro(self, failing: str | None = None) -> None:
        self.bench.failures = {failing: Failure("raised", "no")} if failing else {}
        self.count += 1
        self.bench.writes = lambda order: f"made by {order.stage}: {self.texts}"[: 40 + self.count % 2]
        with suppress(MissingInput):  # raw.json is gone: nothing runs
            self.bench.repro(keep_going=True)
        self.locks.append({path: path.read_bytes() for path in (self.bench.root / ".pivot/stages").glob("*.lock")})

    def do(self, draw: Any) -> str:
        """Do one thing; return what it was."""
        told: str = getattr(self, draw(st.sampled_from(KINDS)))(draw)
        return told

    def text(self, draw: Any) -> str:
        name = draw(st.sampled_from(TEXTS))
        self.texts[name] = draw(st.integers(1, 3))
        self.write_texts()
        return f"{name} is {self.texts[name]}"

    def file(self, draw: Any) -> str:
        path = draw(st.sampled_from(FILES))
        if (self.bench.root / path).exists() and draw(st.booleans()):
            (self.bench.root / path).unlink()
            return f"{path} is gone"
        self.write(path, "other" * draw(st.integers(2, 4)))
        return f"{path} is another"

    def lock(self, draw: Any) -> str:
        stage, how = draw(st.sampled_from(STAGES)), draw(st.sampled_from(("damaged", "removed", "an older one")))
        lock = self.bench.root / f".pivot/stages/{stage}.lock"
        if how == "an older one":
            self.write_lock(lock, draw(st.sampled_from(self.locks)).get(lock))
        else:
            self.write_lock(lock, b"{}" if how == "damaged" else None)
        return f"the lock of {stage} is {how}"

    def parameters(self, draw: Any) -> str:
        self.write("params.yaml", f"total: {{factor: {10 ** draw(st.integers(0, 2))}}}\n")
        return "parameters"

    def variable(self, draw: Any) -> str:
        self.set_variable(draw(st.sampled_from("12")))
        return f"LEVEL is {os.environ['LEVEL']}"

    def touch(self, draw: Any) -> str:
        path = self.bench.root / draw(st.sampled_from([*OUTPUTS, "raw.json", "helpers.py", "pipeline.py"]))
        if path.exists():
            path.touch()
        return f"{path.name} is touched"

    def mode(self, draw: Any) -> str:
        path = self.bench.root / draw(st.sampled_from([*OUTPUTS, "raw.json"]))
        if path.exists():
            path.chmod(path.stat().st_mode ^ 0o100)
        return f"{path.name} has another mode"

    def run(self, draw: Any) -> str:
        failing = draw(st.sampled_from((None, None, *STAGES)))
        self.repro(failing)
        return f"a run in which {failing} fails"

    def write_lock(self, path: Path, data: bytes | None) -> None:
        path.unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
            self.count += 1
            os.utime(path, ns=(self.count, self.count))


KINDS = ("text", "text", "text", "file", "file", "lock", "parameters", "variable", "touch", "mode", "run", "run")


def live(bench: Any, monkeypatch: pytest.MonkeyPatch, draw: Any, count: int) -> None:
    """Go through a number of edits of a new project; a plan after each or after a few."""
    later = draw(st.booleans())  # whether files count as settled as soon as they are written
    note(f"settled: {later}")
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + later * 10**10)
    life = Life(bench, monkeypatch)
    life.repro()
    for _ in range(count):
        for _ in range(draw(st.integers(1, 2))):
            note(life.do(draw))
        life.plan_both()
    life.repro()
    life.plan_both()


def lives(bench: Any, data: st.DataObject, count: int) -> None:
    root = bench.root / str(sum(1 for _ in bench.root.iterdir()))
    root.mkdir()
    with pytest.MonkeyPatch.context() as monkeypatch:
        live(type(bench)(root), monkeypatch, data.draw, count)


@settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_what_is_in_doubt_is_all_that_may_be_another(bench, data: st.DataObject) -> None:
    lives(bench, data, 5)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@settings(
    max_examples=int(os.environ.get("PIVOT_EXAMPLES", "50")),
    suppress_health_check=list(HealthCheck),
    derandomize=False,
    database=None,
    report_multiple_bugs=False,
)
@given(data=st.data())
def test_what_is_in_doubt_is_all_that_may_be_another_in_many_lives(bench, data: st.DataObject) -> None:
    lives(bench, data, 12)


@pytest.fixture
def settled(bench, monkeypatch: pytest.MonkeyPatch) -> Life:
    """A project in which all is up to date, and every file counts as settled."""
    monkeypatch.setitem(Scan.__init__.__kwdefaults__, "clock", lambda: time.time_ns() + 10**10)
    life = Life(bench, monkeypatch)
    life.repro()
    return life


def steps(life: Life) -> list[str]:
    """Return the stages that a plan looks at."""
    with life.bench.open() as workspace:
        return [step.stage.name for step in plan(workspace, Options(), narrow=True)[1].steps]


def test_only_what_an_edit_concerns_is_looked_at_and_what_follows(settled) -> None:
    concerned = {
        "tidy": {"clean", "total", "gather"},  # more.gather calls it
        "walk": {"walk", "gather"},
        "comment": set(),
        "raw.json": {"clean", "total"},
        "read.txt": {"walk", "gather"},
    }
    for edit, stages in concerned.items():
        assert steps(settled) == []
        settled.texts[edit] = 2
        settled.write_texts()
        assert set(steps(settled)) == stages
        settled.repro()
        with settled.bench.open() as workspace:
            assert set(workspace.standing() or ()) == set(STAGES)


def test_a_parameter_concerns_its_stage(settled) -> None:
    settled.write("params.yaml", "total: {factor: 7}\n")
    assert steps(settled) == ["total"]


def test_a_stage_that_fails_stays_in_doubt_alone(settled) -> None:
    settled.texts["walk"] = 2
    settled.write_texts()
    settled.repro(failing="walk")
    assert sorted(steps(settled)) == ["gather", "walk"]
    settled.texts["walk"] = 3
    settled.write_texts()
    assert sorted(steps(settled)) == ["gather", "walk"]


def test_a_new_stage_is_looked_at(settled) -> None:
    new = 'def new() -> Annotated[dict, pivot.Out("new.json", JSON())]:\n    return 1\npipeline.register(new)\n'
    settled.write("pipeline.py", (settled.bench.root / "pipeline.py").read_text() + new)
    assert steps(settled) == ["new"]
