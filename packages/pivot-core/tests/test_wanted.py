import subprocess
from pathlib import Path

import pytest

from pivot.errors import UsageError
from pivot.lock import Lock, Output, lock_path, write_lock
from pivot.records import find_records
from pivot.tracked import write_tracked
from pivot.wanted import Wanted, find_wanted, wanted_by_git
from pivot_cache import Content, hash_bytes

MODEL = Content("file", hash_bytes(b"model"), 5)
PLOTS = Content("directory", hash_bytes(b"plots"), 9)
RAW = Content("file", hash_bytes(b"raw"), 3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    outputs = {"model.pkl": Output(MODEL, "out"), "plots/": Output(PLOTS, "out")}
    write_lock(lock_path(tmp_path / ".pivot", ".", "train"), Lock("train", 1, {}, (), {}, None, {}, {}, {}, outputs))
    (tmp_path / "data").mkdir()
    write_tracked(tmp_path / "data/raw.csv.pvt", RAW)
    return tmp_path


@pytest.mark.parametrize(
    ("targets", "base", "paths"),
    [
        ((), ".", ["model.pkl", "plots/", "data/raw.csv"]),
        (("train",), ".", ["model.pkl", "plots/"]),
        (("raw.csv",), "data", ["data/raw.csv"]),
        (("data", "model.pkl"), ".", ["model.pkl", "data/raw.csv"]),
        (("plots/a.png",), ".", ["plots/"]),
    ],
)
def test_what_targets_name(root: Path, targets: tuple[str, ...], base: str, paths: list[str]) -> None:
    assert [one.path for one in find_wanted(find_records(root), targets, base)] == paths


def test_a_path_knows_its_stage_and_its_content(root: Path) -> None:
    model, _, raw = find_wanted(find_records(root), ())
    assert (model, raw) == (Wanted("model.pkl", "train", MODEL), Wanted("data/raw.csv", None, RAW))


def test_an_unknown_target(root: Path) -> None:
    with pytest.raises(UsageError, match="no record of a stage, output or tracked file 'modle") as caught:
        find_wanted(find_records(root), ("modle.pkl",))
    assert caught.value.hint == "did you mean model.pkl?"


def test_a_damaged_record_names_nothing(root: Path) -> None:
    lock_path(root / ".pivot", ".", "train").write_text("{}")
    (root / "data/raw.csv.pvt").write_text("{}")
    records = find_records(root)
    assert find_wanted(records, ()) == [] and len(records.damaged()) == 2


def test_what_git_names(root: Path) -> None:
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=T", "-c", "user.email=t@x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    lock_path(root / ".pivot", ".", "train").unlink()
    (root / "data/raw.csv.pvt").write_text("no record")
    assert {one.content for one in wanted_by_git(root)} == {MODEL, PLOTS, RAW}
