"""What lies in the work tree becomes the record, exactly or not at all."""

import os

import pytest

from pivot.adopt import BY_HAND, Committed, Options, adopt
from pivot.errors import UsageError
from pivot.lock import Lock
from pivot.reasons import CodeChanged, InputChanged, OutputEdited
from pivot_cache import SourceChanged
from pivot_fingerprint import Entry, Observed


def commit(bench, *targets: str, force: bool = False) -> dict[str, Committed]:
    with bench.open() as workspace:
        return {one.stage: one for one in adopt(workspace, Options(targets, force))}


def lock_of(bench, stage: str) -> Lock:
    with bench.open() as workspace:
        found = workspace.lock(workspace.manifest().stage(stage))
    assert isinstance(found, Lock)
    return found


def fates(found: dict[str, Committed]) -> dict[str, str]:
    return {stage: one.fate for stage, one in found.items()}


def test_what_cannot_be_read_is_refused_and_keeps_no_other_back(bench) -> None:
    bench.repro(no_commit=True)
    (bench.root / "raw.json").unlink()
    os.mkfifo(bench.root / "raw.json")
    found = commit(bench, force=True)
    assert fates(found) == {"clean": "refused", "total": "recorded"}
    assert "raw.json is a named pipe" in (found["clean"].problem or "")


def test_a_result_is_recorded_as_a_run_would_have(bench) -> None:
    bench.write(extra__txt="x")
    bench.observed["total"] = Observed(functions=(Entry("helpers", "tidy", 2),), reads=(str(bench.root / "extra.txt"),))
    bench.repro()
    wanted = {stage: lock_of(bench, stage) for stage in ("clean", "total")}
    os.rename(bench.root / ".pivot", bench.root / "was")
    bench.repro(no_commit=True)
    assert fates(commit(bench)) == {"clean": "recorded", "total": "recorded"}
    assert {stage: lock_of(bench, stage) for stage in wanted} == wanted
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    (bench.root / "total.json").unlink()
    assert bench.repro().actions["total"] == "restore"
    assert commit(bench) == {}


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        (("helpers.py", "return 1", "return 2"), CodeChanged),
        (("clean.json", "made by clean", "another input"), InputChanged),
        (("total.json", "made by total", "by hand"), OutputEdited),
    ],
)
def test_what_changed_since_is_refused_until_it_is_forced(bench, edit, kind) -> None:
    bench.repro(no_commit=True)
    bench.edit(*edit)
    refused = commit(bench, "total")["total"]
    assert refused.fate == "refused" and [type(reason) for reason in refused.reasons] == [kind]
    assert not (bench.root / ".pivot/stages").exists()
    assert fates(commit(bench, "total", force=True)) == {"total": "recorded"}
    assert lock_of(bench, "total").accepted == BY_HAND
    assert fates(commit(bench, "total")) == {"total": "same"}


def test_a_pending_record_that_is_damaged_is_said(bench) -> None:
    bench.repro(no_commit=True)
    (bench.root / ".pivot/pending/clean.lock").write_text("{")
    found = commit(bench)
    assert fates(found) == {"clean": "refused", "total": "recorded"}
    assert "pending/clean.lock: " in (found["clean"].problem or "")
    assert fates(commit(bench, "clean")) == {"clean": "recorded"}
    assert lock_of(bench, "clean").accepted == BY_HAND


def test_one_refusal_does_not_keep_the_others(bench) -> None:
    bench.repro(no_commit=True)
    bench.edit("helpers.py", "return 1", "return 2")
    assert fates(commit(bench)) == {"clean": "recorded", "total": "refused"}
    assert bench.repro().actions == {"clean": "skip", "total": "run"}


def test_outputs_made_by_hand(bench) -> None:
    bench.write(clean__json="{}", total__json="by hand")
    assert fates(commit(bench, "clean", "total")) == {"clean": "recorded", "total": "recorded"}
    assert lock_of(bench, "total").accepted == BY_HAND
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}
    bench.edit("helpers.py", "return 1", "return 2")
    assert bench.repro().actions == {"clean": "skip", "total": "run"}


def test_outputs_of_other_code_are_not_taken_for_those_of_the_present(bench) -> None:
    bench.repro()
    bench.edit("helpers.py", "return 1", "return 2")
    assert fates(commit(bench, "total")) == {"total": "refused"}
    bench.edit("total.json", "made by total", "what it would make now")
    assert fates(commit(bench, "total")) == {"total": "recorded"}
    assert bench.repro().actions == {"clean": "skip", "total": "skip"}


def test_a_record_whose_objects_are_lost_gets_them_again(bench) -> None:
    bench.repro()
    before = lock_of(bench, "total")
    with bench.open() as workspace:
        os.unlink(workspace.store.path(before.outputs["total.json"].content.digest))
    assert fates(commit(bench, "total")) == {"total": "recorded"}
    assert lock_of(bench, "total") == before
    assert fates(commit(bench, "total")) == {"total": "same"}


def test_what_is_missing_is_named(bench) -> None:
    found = commit(bench, "clean", "total", force=True)
    assert found["clean"].problem == "the output clean.json does not exist"
    assert found["total"].problem == "the input clean.json does not exist"
    with pytest.raises(UsageError, match="there is no stage 'nothing'"):
        commit(bench, "nothing")


def test_an_output_that_changes_while_it_is_recorded_leaves_no_record(bench, monkeypatch) -> None:
    bench.repro(no_commit=True)
    from pivot_cache import LocalStore

    save_all = LocalStore.save_all

    def late(self, items, *, scan=None):
        bench.write(total__json="written meanwhile")
        scan.forget(bench.root / "total.json")
        return save_all(self, items, scan=scan)

    monkeypatch.setattr(LocalStore, "save_all", late)
    with pytest.raises(SourceChanged):
        commit(bench, "total")
    assert not (bench.root / ".pivot/stages").exists()
