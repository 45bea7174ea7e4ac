"""The ownership rule: nothing is overwritten that is not in the cache."""

import os

from pivot.events import Notice
from pivot_cache import LocalStore


def notices(bench) -> list[str]:
    return [event.text for event in bench.events if isinstance(event, Notice)]


def kept(bench) -> str:
    (text,) = notices(bench)
    (place,) = [word for word in text.split() if ".pivot/cache/objects/" in word]
    return (bench.root / place).read_text()


def test_a_file_in_the_way_of_a_first_run_is_kept(bench) -> None:
    bench.write(clean__json="precious")
    bench.repro()
    assert kept(bench) == "precious" and (bench.root / "clean.json").read_text() == "made by clean"


def test_an_output_edited_by_hand_is_kept_and_given_back(bench) -> None:
    bench.repro()
    bench.write(clean__json="edited")
    assert bench.repro().actions == {"clean": "restore", "total": "skip"}
    assert kept(bench) == "edited" and (bench.root / "clean.json").read_text() == "made by clean"


def test_a_directory_in_the_way_is_kept_too(bench) -> None:
    (bench.root / "clean.json").mkdir()
    (bench.root / "clean.json" / "inner").write_text("precious")
    bench.repro()
    assert len(notices(bench)) == 1 and (bench.root / "clean.json").read_text() == "made by clean"


def test_what_cannot_be_kept_stops_its_own_stage_alone(bench) -> None:
    bench.repro()
    (bench.root / "total.json").unlink()
    os.mkfifo(bench.root / "total.json")
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    summary = bench.repro()
    assert summary.actions == {"clean": "run", "total": "failed"}
    failure = summary.failures["total"]
    assert failure.problem.startswith("total.json is in the way: ") and "named pipe" in failure.problem
    assert failure.hint is not None and failure.hint.startswith("remove total.json")
    (bench.root / "total.json").unlink()
    assert bench.repro().actions == {"clean": "skip", "total": "restore"}


def test_nothing_is_removed_through_a_link_that_is_put_there_after_the_look(bench, tmp_path, monkeypatch) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "clean.json").write_text("not ours")
    bench.edit("pipeline.py", 'pivot.Out("clean.json"', 'pivot.Out("out/clean.json"')
    bench.edit("pipeline.py", 'pivot.Dep("clean.json"', 'pivot.Dep("out/clean.json"')
    bench.repro()
    bench.edit("helpers.py", "return raw", "return dict(raw)")
    has_all = LocalStore.has_all

    def exchange(store, content):
        if not (bench.root / "out").is_symlink():
            os.rename(bench.root / "out", tmp_path / "moved")
            (bench.root / "out").symlink_to(outside)
        return has_all(store, content)

    monkeypatch.setattr(LocalStore, "has_all", exchange)
    assert "out is a symbolic link" in bench.repro().failures["clean"].problem
    assert [path.read_text() for path in outside.iterdir()] == ["not ours"]


def test_its_own_output_goes_without_a_word(bench) -> None:
    bench.repro()
    bench.repro(force=True)
    assert notices(bench) == []
