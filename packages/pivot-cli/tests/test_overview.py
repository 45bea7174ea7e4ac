import shutil
from collections.abc import Callable
from pathlib import Path

from pivot.plan import Step
from pivot.reasons import OutputMissing, UpstreamRuns
from pivot_cli.overview import status_data
from pivot_fingerprint import Fingerprint, Opaque


def test_the_state_of_stages_as_data(make_step: Callable[..., Step]) -> None:
    code = Fingerprint((), (), (Opaque("eval", "/p/src/a.py", 3, "func:a:f"),))
    steps = [
        make_step(stage="a", code=code, reads={"extra.txt": "1"}),
        make_step(OutputMissing("b.json"), stage="b", action="restore"),
        make_step(UpstreamRuns("b"), stage="c"),
    ]
    data = status_data(Path("/p"), steps)
    assert data["summary"] == {"up_to_date": 1, "will_restore": 1, "will_run": 0, "may_run": 1, "opaque": 1}
    assert [row["status"] for row in data["stages"]] == ["up_to_date", "will_restore", "may_run"]
    assert data["stages"][0]["undeclared_reads"] == ["extra.txt"]
    assert data["stages"][0]["opaque"] == [{"what": "eval", "file": "src/a.py", "line": 3, "within": "func:a:f"}]
    assert data["stages"][1]["reasons"] == [{"reason": "output_missing", "path": "b.json"}]


def test_pull_is_named_for_outputs_that_no_cache_has_where_there_is_a_remote(pivot) -> None:
    def state() -> list[str]:
        return pivot("status").out.splitlines()

    pivot("init", "--example")
    pivot("repro")
    shutil.rmtree(".pivot/cache")
    Path("clean.json").unlink()
    Path("summary.json").unlink()
    assert [line.split()[0] for line in state()] == ["preprocess", "summarize"]
    pivot("remote", "add", "team", "file:///nowhere")
    told = "The cache has no outputs of {}: pivot pull gets what a remote has of them"
    assert state()[2:] == [told.format("2 stages")]
    assert pivot("status", "--explain").out.splitlines()[-1] == told.format("2 stages")
    pipeline = Path("pipeline.py")
    pipeline.write_text(pipeline.read_text().replace("def summarize", "LIMIT = 1\n\n\ndef summarize"))
    assert state()[2:] == [told.format("2 stages")]
    pipeline.write_text(pipeline.read_text().replace("    return", "    print(LIMIT)\n    return"))
    assert len(state()) == 2  # what is there would not be what they make now


def test_pull_is_named_for_outputs_of_a_newer_record(pivot) -> None:
    pivot("init", "--example")
    pivot("repro")
    old = Path("summary.json").read_bytes()
    pipeline = Path("pipeline.py")
    pipeline.write_text(pipeline.read_text().replace("sum(values)", "max(values)"))
    pivot("repro")
    pivot("remote", "add", "team", "file:///nowhere")
    assert len(pivot("status").out.splitlines()) == 2
    shutil.rmtree(".pivot/cache")
    Path("summary.json").unlink()
    Path("summary.json").write_bytes(old)
    told = "The cache has no outputs of 1 stage: pivot pull gets what a remote has of them"
    assert pivot("status").out.splitlines()[2:] == [told]
