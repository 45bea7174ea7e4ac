"""One view of the project."""

import os

from pivot.forecast import plan
from pivot.look import UNREADABLE, observed_entries, stage_entries
from pivot.options import Options
from pivot_cache import Content, Scan, SourceChanged
from pivot_fingerprint import Entry

OTHER = """pipeline.register(total)

def other(raw: Annotated[dict, pivot.Dep("other.json", JSON())]) -> Annotated[dict, pivot.Metric("score.json")]:
    return helpers.add(raw)

pipeline.register(other)
"""


def test_a_source_stays_as_it_was_first_seen(bench) -> None:
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        path = str(bench.root / "helpers.py")
        before = look.sources.digest(path)
        bench.edit("helpers.py", "return 1", "return 2")
        assert look.sources.digest(path) == before
        assert workspace.look(workspace.manifest()).sources.digest(path) != before


def test_contents_stay_as_first_seen_until_they_are_forgotten(bench) -> None:
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        assert look.content("clean.json") is None and look.read("nothing/") is None and look.read("nothing") is None
        before = look.content("raw.json")
        bench.write(raw__json="[]   ")
        assert look.content("raw.json") == before
        look.forget(look.manifest.stage("clean"))
        assert look.content("raw.json") != before
        names = look.read("./")
        bench.write(more__txt="")
        assert look.read("./") != names


def test_an_input_that_is_being_written_is_another_than_any_recorded(bench, monkeypatch) -> None:
    """Another process makes it: whoever plans does not wait for that, and what is read of it is never recorded."""
    assert bench.repro().actions == {"clean": "run", "total": "run"}
    content = Scan.content

    def changing(scan: Scan, path: str) -> Content | None:
        if path.endswith("raw.json"):
            raise SourceChanged(path)
        return content(scan, path)

    with monkeypatch.context() as patched:
        patched.setattr(Scan, "content", changing)
        with bench.open() as workspace:
            look, planned = plan(workspace, Options())
            assert look.found("raw.json") == UNREADABLE
            assert [step.decision.action for step in planned.steps] == ["run", "run"]
        (bench.root / "raw.json").touch()
        failure = bench.repro().failures["clean"]
    assert "raw.json" in failure.problem and "changed" in failure.problem
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}


def test_an_input_that_cannot_be_read_stops_what_reads_it_alone(bench) -> None:
    bench.edit("pipeline.py", "pipeline.register(total)", OTHER)
    bench.write(other__json="{}")
    assert bench.repro().actions == {"clean": "run", "total": "run", "other": "run"}
    (bench.root / "other.json").unlink()
    os.mkfifo(bench.root / "other.json")
    with bench.open() as workspace:
        _, planned = plan(workspace, Options())
    decided = {step.stage.name: step.decision.action for step in planned.steps}
    assert decided == {"clean": "skip", "total": "skip", "other": "run"}
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    summary = bench.repro(keep_going=True)
    assert summary.actions == {"clean": "run", "total": "skip", "other": "failed"}
    assert bench.ran == ["clean"]  # nobody opens the pipe
    assert "other.json is a named pipe" in summary.failures["other"].problem
    (bench.root / "other.json").unlink()
    bench.write(other__json="{}")
    assert bench.repro().actions == {"clean": "skip", "total": "skip", "other": "skip"}


def test_an_output_that_cannot_be_read_is_an_input_that_cannot_either(bench) -> None:
    bench.repro()
    (bench.root / "clean.json").unlink()
    (bench.root / "clean.json").symlink_to("clean.json")
    summary = bench.repro()
    assert summary.actions == {"clean": "failed", "total": "blocked"}
    assert summary.failures["clean"].problem.startswith("clean.json is in the way: ")
    (bench.root / "clean.json").unlink()
    assert bench.repro().actions == {"clean": "restore", "total": "skip"}


def test_variables_are_never_in_clear(bench, monkeypatch) -> None:
    with bench.open() as workspace:
        look = workspace.look(workspace.manifest())
        monkeypatch.setenv("PIVOT_TEST_MODE", "secret")
        digest = look.variable("PIVOT_TEST_MODE")
        assert digest is not None and "secret" not in digest
        monkeypatch.delenv("PIVOT_TEST_MODE")
        assert look.variable("PIVOT_TEST_MODE") is None


def test_entries(bench) -> None:
    with bench.open() as workspace:
        stage = workspace.manifest().stage("total")
    assert stage_entries(stage)[0][:2] == ("pipeline", "total")
    assert observed_entries(["helpers:tidy", "late:"]) == (Entry("helpers", "tidy"), Entry("late", ""))
