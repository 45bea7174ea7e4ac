"""What is recorded of a run."""

import os

import pytest

from pivot.commit import describe_read, kept_source
from pivot.gitignore import MARK
from pivot.lock import Lock
from pivot_cache.hashing import hash_bytes
from pivot_fingerprint import Entry, Observed


def lock_of(bench, stage: str) -> Lock:
    with bench.open() as workspace:
        found = workspace.lock(workspace.manifest().stage(stage))
    assert isinstance(found, Lock)
    return found


def test_a_lock_names_what_the_outputs_were_made_from(bench) -> None:
    bench.repro()
    lock = lock_of(bench, "total")
    assert set(lock.inputs) == {"clean.json"} and set(lock.outputs) == {"total.json"}
    assert lock.outputs["total.json"].kind == "metric" and lock.params == {"factor": 2}
    assert {"func:pipeline:total", "func:helpers:add"} <= set(lock.parts) and "func:helpers:tidy" not in lock.parts
    assert lock.packages["python"] == "3.13" or lock.packages["python"].startswith("3.")


def test_what_only_the_run_showed_is_recorded_and_checked_from_then_on(bench) -> None:
    root = bench.root
    (root / "notes").mkdir()
    bench.write(extra__txt="x")
    bench.observed["total"] = Observed(
        functions=(Entry("helpers", "tidy", 2), Entry("helpers", "add", 5)),
        reads=(str(root / "extra.txt"), str(root / "clean.json")),
        listings=(str(root / "notes"),),
        env=(("PIVOT_TEST_MODE", None),),
    )
    bench.repro()
    lock = lock_of(bench, "total")
    assert lock.observed == ("helpers:tidy",) and "func:helpers:tidy" in lock.parts
    assert set(lock.reads) == {"extra.txt", "notes/"} and lock.env == {"PIVOT_TEST_MODE": None}
    assert bench.repro().actions["total"] == "skip"
    bench.write(extra__txt="y")
    assert bench.repro().actions == {"clean": "skip", "total": "run"}
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    assert bench.repro("total", alone=True).actions == {"total": "run"}


@pytest.mark.parametrize(
    ("path", "digest", "words"),
    [
        ("words.txt", "1", "read words.txt without declaring it: it is tracked; declare it as a pivot.Dep"),
        ("words.txt", None, "looked for words.txt, which is not there: it is tracked, should it come"),
        ("data/", "1", "listed data/ without declaring it: its names are tracked; declare it as a pivot.Dep"),
        ("./", "1", "listed the project's directory: the names there are tracked"),
        ("data/.", "directory", "asked whether data/ is there: that is tracked"),
    ],
)
def test_what_a_stage_did_is_said_as_it_was(path: str, digest: str | None, words: str) -> None:
    assert describe_read(path, digest) == words


def test_the_source_of_what_only_the_run_showed_is_kept(bench) -> None:
    bench.observed["total"] = Observed(functions=(Entry("helpers", "tidy", 2),))
    bench.edit("pipeline.py", "return helpers.tidy(raw)", "return raw")
    bench.repro()
    with bench.open() as workspace:
        key = "func:helpers:tidy"
        kept = kept_source(workspace, key, lock_of(bench, "total").parts[key])
    # and it is its own, though that of clean in pipeline.py has the same digest
    assert kept == "def tidy(raw):\n    return raw\n"


def test_the_names_in_the_directory_of_the_project_are_an_input_too(bench) -> None:
    bench.observed["total"] = Observed(listings=(str(bench.root),))
    bench.repro()
    assert set(lock_of(bench, "total").reads) == {"./"}
    assert bench.repro().actions["total"] == "skip"
    bench.write(extra__txt="new")
    assert bench.repro().actions == {"clean": "skip", "total": "run"}


def test_outputs_but_no_metrics_are_kept_out_of_git(bench) -> None:
    bench.write(__gitignore="# mine\n*.log\n")
    bench.repro()
    assert (bench.root / ".gitignore").read_text() == f"# mine\n*.log\n\n{MARK}\n/clean.json\n"


def test_an_undeclared_input_that_changed_during_the_run_is_not_recorded(bench) -> None:
    bench.write(extra__txt="x")
    bench.observed["total"] = Observed(reads=(str(bench.root / "extra.txt"),))
    bench.during["total"] = lambda: bench.write(extra__txt="y")
    summary = bench.repro()
    assert summary.failures["total"].kind == "changed" and "extra.txt" in summary.failures["total"].problem


def test_one_that_was_made_during_the_run_is_recorded_as_it_was_read(bench) -> None:
    extra = str(bench.root / "extra.txt")
    bench.during["total"] = lambda: bench.write(extra__txt="y")
    bench.observed["total"] = Observed(reads=(extra,), settled=((extra, hash_bytes(b"y")),))
    assert bench.repro().actions["total"] == "run" and set(lock_of(bench, "total").reads) == {"extra.txt"}
    assert bench.repro().actions["total"] == "skip"
    bench.during["total"] = lambda: bench.write(extra__txt="z")  # after it was read
    assert "extra.txt" in bench.repro(force=True).failures["total"].problem


def test_a_hard_link_to_an_input_leaves_its_bytes_as_they_are(bench) -> None:
    """One to what was read undeclared may come from somebody who wrote there before."""
    bench.write(extra__txt="x")
    link = bench.root / "link"
    for read, hint in (("raw.json", None), ("extra.txt", "an input if it makes a hard link")):
        bench.observed["clean"] = Observed(reads=(str(bench.root / read),))
        bench.during["clean"] = lambda read=read: link.hardlink_to(bench.root / read)
        failure = bench.repro(force=True).failures.get("clean")
        assert hint in failure.hint if hint else failure is None
        link.unlink()


def test_a_library_may_ask_for_what_it_is_to_write(bench) -> None:
    bench.observed["total"] = Observed(reads=(str(bench.root / "total.json"),))
    assert bench.repro().actions["total"] == "run"
    assert lock_of(bench, "total").reads == {}


def test_a_read_from_the_future_did_not_change_during_the_run(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(extra__txt="x")
    os.utime(bench.root / "extra.txt", (5e9, 5e9))  # in 2128
    bench.observed["total"] = Observed(reads=(str(bench.root / "extra.txt"),))
    assert bench.repro().actions["total"] == "run"
    monkeypatch.setattr("pivot.commit.clock", lambda: 0)  # put back to 1970
    bench.during["total"] = lambda: os.chmod(bench.root / "extra.txt", 0o600)
    assert bench.repro(force=True).actions["total"] == "run"


def test_of_a_directory_that_was_only_asked_for_the_existence_counts(bench) -> None:
    (bench.root / "cache_of_mine").mkdir()
    bench.observed["total"] = Observed(directories=(str(bench.root / "cache_of_mine"),))
    bench.repro()
    assert lock_of(bench, "total").reads == {"cache_of_mine/.": "directory"}
    (bench.root / "cache_of_mine" / "inner").touch()
    assert bench.repro().actions["total"] == "skip"
    (bench.root / "cache_of_mine" / "inner").unlink()
    (bench.root / "cache_of_mine").rmdir()
    assert bench.repro().actions["total"] == "run"
