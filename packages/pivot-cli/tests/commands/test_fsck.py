import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot.fsck import Finding, Report, Stock, Use
from pivot_cache import DiskError, hash_bytes
from pivot_cli.commands.fsck import show
from pivot_cli.session import Session

type Run = Callable[..., Any]


@pytest.fixture
def project(pivot: Run) -> Run:
    """A project with nothing in it; nothing is recorded, and nothing can be imported."""
    assert pivot("init").code == 0
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    return pivot


@pytest.fixture
def tracked(project: Run) -> Run:
    """A project with one object, that of a tracked file."""
    from pivot.project import locate
    from pivot.tracked import write_tracked
    from pivot.workspace import Workspace

    Path("raw.csv").write_text("1,2")
    with Workspace(locate(Path.cwd())) as workspace:
        write_tracked("raw.csv.pvt", workspace.store.save("raw.csv"))
    return project


def spoil() -> Path:
    name = hash_bytes(b"1,2")
    path = Path(".pivot/cache/objects", name[:2], name[2:])
    path.chmod(0o644)
    path.write_text("3")
    path.chmod(0o444)
    return path


def test_nothing_to_check(project: Run) -> None:
    assert project("fsck").out.splitlines()[0] == "Checked 0 objects (0 bytes), 0 records, 0 traces: all is well"


def test_a_sound_cache(tracked: Run) -> None:
    outcome = tracked("fsck")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "Checked 1 object (3 bytes), 1 record, 0 traces: all is well",
        "The bytes of objects were not read; pivot fsck --read-data does that",
    ]
    assert tracked("fsck", "--read-data").out.splitlines() == outcome.out.splitlines()[:1]
    assert tracked("fsck", "-q") == (0, "", "")


def test_damage_and_repair(tracked: Run) -> None:
    path = spoil()
    outcome = tracked("fsck")
    assert outcome.code == 1
    lines = outcome.err.splitlines()
    assert lines[0] == f"✗ object {hash_bytes(b'1,2')[:12]} is damaged: its bytes do not match its name"
    assert lines[1] == "    needed by raw.csv (tracked)"
    assert "pivot fsck --repair sets it aside" in lines[2]
    assert outcome.out.splitlines()[0].endswith(": damaged")
    repaired = tracked("fsck", "--repair")
    assert repaired.code == 0
    assert "kept again from the work tree" in repaired.err
    assert "moved to .pivot/cache/quarantine/" in repaired.err
    assert "all is well again" in repaired.out
    assert path.read_text() == "1,2"
    after = tracked("fsck", "--read-data")
    assert after.code == 0
    assert "was set aside (1 byte)" in after.out


def test_json(tracked: Run) -> None:
    spoil()
    told = json.loads(tracked("fsck", "--json").out)
    (found,) = told["findings"]
    assert (told["damaged"], found["kind"], found["place"]) == (True, "corrupt", hash_bytes(b"1,2"))
    assert found["uses"] == [{"stage": None, "path": "raw.csv"}]
    assert told["checked"]["objects"] == 1


def test_a_subset(tracked: Run) -> None:
    assert tracked("fsck", "--read-data-subset", "1/2").code == 0
    outcome = tracked("fsck", "--read-data-subset", "many")
    assert (outcome.code, "is no subset" in outcome.err) == (2, True)
    assert tracked("fsck", "--read-data", "--read-data-subset", "1/2").code == 2


def test_where_it_cannot_look(tracked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(layout: object) -> None:
        raise DiskError("read", "/cache", 13)

    with monkeypatch.context() as patch:
        patch.setattr("pivot.fsck.inventory", refuse)
        assert tracked("fsck").code == 2
        assert json.loads(tracked("fsck", "--json").out)["error"]["exit_code"] == 2
    Path(".pivot/cache/format").write_text("9")
    outcome = tracked("fsck")
    assert (outcome.code, "has format 9" in outcome.err) == (2, True)
    Path(".pivot/format").write_text("9")
    outcome = tracked("fsck")
    assert (outcome.code, "upgrade" in outcome.err) == (2, True)


def test_what_hurts_nothing_is_on_the_other_stream(tracked: Run) -> None:
    Path(".pivot/cache/notes.txt").write_text("mine")
    os.mkdir(".pivot/cache/tmp/0123456789abcdef")
    outcome = tracked("fsck")
    assert (outcome.code, outcome.err) == (0, "")
    assert "notes.txt is not Pivot's" in outcome.out
    assert "left over by a process that is gone" in outcome.out


NAME = hash_bytes(b"x")
USES = tuple(Use(f"s{number}", f"{number}.bin") for number in range(7))


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding("missing", NAME, uses=USES), ["not in the cache", "4.bin of s4, 2 more", "pivot repro s0 s1"]),
        (Finding("missing", NAME, traces=2), ["needed by 2 traces"]),
        (Finding("corrupt", NAME, "x"), ["needed by no record"]),
        (Finding("record", "train", "train.lock: wrong"), ["the record of train cannot be used: train.lock: wrong"]),
        (Finding("writable", NAME, "it has other names"), ["can be written to: it has other names", "read-only"]),
        (Finding("unreadable", NAME, "refused"), ["could not be read: refused"]),
        (Finding("trace", NAME, "cannot be read"), ["trace", "counts as none"]),
    ],
)
def test_every_finding_has_words(screen: Any, finding: Finding, words: list[str]) -> None:
    session = Session()
    session.terminal = screen.terminal
    show(session, Report((finding,), Stock(1, 1, 1, 1, 1, 1)), read=True, repair=False)
    for word in words:
        assert word in screen.out + screen.err
