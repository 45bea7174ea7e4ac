"""What is opened in watched directories is heard of, whoever opens it, with how it was closed first."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot_fingerprint.inotify import Openings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def openings(tmp_path: Path) -> Iterator[Openings]:
    (tmp_path / "a.bin").write_bytes(b"a")
    made = Openings()
    made.watch(str(tmp_path))
    yield made
    made.close()


def test_a_read(openings: Openings, tmp_path: Path) -> None:
    (tmp_path / "a.bin").read_bytes()
    openings.catch_up()
    file = str(tmp_path / "a.bin")
    assert (list(openings.files), openings.written) == ([file], {file: False})


def test_the_first_who_closes_counts(openings: Openings, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"n")
    (tmp_path / "new").read_bytes()
    (tmp_path / "a.bin").read_bytes()
    (tmp_path / "a.bin").write_bytes(b"b")
    openings.catch_up()
    assert openings.written == {str(tmp_path / "new"): True, str(tmp_path / "a.bin"): False}


def test_one_that_another_takes_the_place_of_is_told(openings: Openings, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"b")
    (tmp_path / "part").rename(tmp_path / "a.bin")
    (tmp_path / "a.bin").read_bytes()
    openings.catch_up()
    (tmp_path / "a.bin").rename(tmp_path / "part")  # which was closed before
    openings.catch_up()
    assert list(openings.replaced) == [str(tmp_path / "a.bin")]


def test_before_the_watch_and_elsewhere_nothing_is_heard(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.bin").write_bytes(b"b")
    (tmp_path / "a.bin").write_bytes(b"a")
    openings = Openings()
    openings.watch(str(tmp_path))
    (tmp_path / "below" / "b.bin").read_bytes()
    os.listdir(tmp_path / "below")
    openings.close()
    assert openings.files == {}


def test_what_the_caller_opens_itself_is_left_out(openings: Openings, tmp_path: Path) -> None:
    (tmp_path / "a.bin").read_bytes()
    openings.catch_up(besides={str(tmp_path / "a.bin")})
    (tmp_path / "b.bin").touch()
    openings.catch_up(besides={str(tmp_path / "a.bin")})
    assert list(openings.files) == [str(tmp_path / "b.bin")]


def test_a_file_that_stays_open_was_opened(openings: Openings, tmp_path: Path) -> None:
    with (tmp_path / "a.bin").open("rb"):
        openings.catch_up()
    assert list(openings.files) == [str(tmp_path / "a.bin")]
    assert openings.written == {}


def test_odd_names(openings: Openings, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff \n" + b"x" * 200)
    (tmp_path / name).touch()
    openings.catch_up()
    assert list(openings.files) == [str(tmp_path / name)]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    openings = Openings()
    openings.watch(str(tmp_path / "none"))
    openings.close()
    assert openings.missing is not None
    assert "No such file" in openings.missing


def test_a_queue_that_somebody_closed_is_told(openings: Openings, tmp_path: Path) -> None:
    assert openings._queue is not None
    os.close(openings._queue)
    openings.catch_up()
    assert openings.missing is not None


def test_more_than_the_kernel_remembers_is_told(openings: Openings, tmp_path: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip("the kernel remembers very many")
    names = [str(tmp_path / name) for name in ("a.bin", "b.bin")]  # events that are alike, one after another, are one
    Path(names[1]).touch()
    for number in range(most):
        os.close(os.open(names[number % 2], os.O_RDONLY))
    openings.catch_up()
    assert openings.missing is not None
    assert openings.files.keys() == set(names)
