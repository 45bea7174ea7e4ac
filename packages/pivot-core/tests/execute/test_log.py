"""The log keeps the beginning and the end, whatever is printed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.execute.log import Log


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=40), st.integers(1, 30))
def test_it_keeps_the_first_and_the_last_half_and_says_how_much_is_missing(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], half: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "stage.log"
    log = Log(str(path), limit=2 * half)
    for piece in pieces:
        log.write(piece)
    log.close()
    printed = b"".join(pieces)
    lost = len(printed) - 2 * half
    if lost <= 0:
        assert path.read_bytes() == printed
    else:
        assert path.read_bytes() == printed[:half] + f"\n[{lost:,} bytes left out]\n".encode() + printed[-half:]
    assert sorted(one.name for one in path.parent.iterdir()) == ["stage.log"]


def test_what_was_printed_is_there_while_it_is_being_written(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "stage.log"))
    log.write(b"so far")
    assert (tmp_path / "stage.log").read_bytes() == b"so far"
    log.close()


def test_it_starts_anew_makes_its_directory_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "stage.log"
    for text in (b"a longer text", b"short"):
        log = Log(str(path))
        log.write(text)
        log.close()
    assert path.read_bytes() == b"short"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("path", ["file/stage.log", "directory", "link"])
def test_where_it_cannot_be_written_nothing_happens(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    log = Log(str(tmp_path / path))
    assert log.descriptors() == ()
    log.write(b"lost")
    log.close()
    assert (tmp_path / "file").read_text() == "kept"


def test_a_full_disk_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    log = Log(str(full))
    log.write(b"does not fit")
    assert log.descriptors() == ()
    log.close()


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "stage.log"))
    log.close()
    log.close()
