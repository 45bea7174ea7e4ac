"""What is there in the end is told as read only if it was there at each moment when somebody may have read it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot_fingerprint.access import file_digest
from pivot_fingerprint.inotify import Openings
from pivot_fingerprint.sightings import Sightings, status

LATER = 5_000_000_000  # ns: by so much a file is older than what is young


@pytest.fixture
def sightings() -> Iterator[Sightings]:
    openings = Openings()
    yield Sightings(openings)
    openings.close()


def put(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)


def unchanged(sightings: Sightings) -> dict[str, str]:
    return dict(sightings.unchanged())


def test_what_is_young_and_as_it_was_when_it_was_opened(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.open(place)
    assert unchanged(sightings) == {place: file_digest(place)}
    put(tmp_path / "copy", "two")
    assert unchanged(sightings) == {}


def test_what_is_older_is_nothing_to_tell(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "words", "one")
    sightings.follow((), os.stat(place).st_ctime_ns + LATER)
    sightings.open(place)
    assert unchanged(sightings) == {}


def test_each_opening_counts(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.open(place)
    put(tmp_path / "copy", "two")
    sightings.open(place)
    assert unchanged(sightings) == {}


def test_that_it_was_missing_counts(sightings: Sightings, tmp_path: Path) -> None:
    sightings.open(str(tmp_path / "copy"))
    sightings.open(put(tmp_path / "copy", "one"))
    assert unchanged(sightings) == {}


def test_what_was_read_nobody_knows_when(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.open(place)
    sightings.doubt(place)
    assert unchanged(sightings) == {}


def test_the_digest_tells_what_was_written_twice_in_one_tick(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.open(place)
    before = file_digest(place)
    (seen,) = sightings.opened
    put(tmp_path / "copy", "two")
    sightings.opened = {(place, status(place)): sightings.opened[seen]}  # as if the clock had stood still
    assert unchanged(sightings) == {place: before} != {place: file_digest(place)}


def test_what_is_compared_by_others_is_not_digested(sightings: Sightings, tmp_path: Path) -> None:
    sightings.follow([str(tmp_path / "data")])
    (tmp_path / "data").mkdir()
    sightings.open(put(tmp_path / "data" / "copy", "one"))
    sightings.name(put(tmp_path / "data" / "other", "one"))
    assert set(sightings.opened.values()) == set(sightings.named.values()) == {None}


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
@pytest.mark.parametrize(
    ("text", "replaced", "read", "is_told"),
    [
        ("one", False, False, True),
        ("one", True, False, True),
        ("two", False, False, False),
        ("one", False, True, False),  # what was read may be another than before and after
    ],
)
def test_what_another_process_was_told_of(
    sightings: Sightings, tmp_path: Path, text: str, replaced: bool, read: bool, is_told: bool
) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.name(place)
    if read:
        (tmp_path / "copy").read_text()
    if replaced:
        (tmp_path / "copy").unlink()
        os.rename(put(tmp_path / "part", text), place)
    else:
        put(tmp_path / "copy", text)
    os.utime(place, (1, 1))  # another stamp, however fast this was
    sightings.open(place)
    assert unchanged(sightings) == ({place: file_digest(place)} if is_told else {})


def test_what_nobody_but_other_processes_opens(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.name(place)
    assert unchanged(sightings) == {place: file_digest(place)}
    put(tmp_path / "copy", "two")
    assert unchanged(sightings) == {}


def test_what_it_left_alone(sightings: Sightings, tmp_path: Path) -> None:
    place = put(tmp_path / "copy", "one")
    sightings.name(place)
    sightings.open(place)
    assert unchanged(sightings) == {place: file_digest(place)}
