import os
from pathlib import Path

import pytest

from pivot.bounded import Unreadable, read_bounded


def test_a_file_and_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert read_bounded(tmp_path / "file") == read_bounded(tmp_path / "file", 3) == b"abc"
    assert read_bounded(tmp_path / "none") is None
    assert read_bounded(tmp_path / "file" / "below") is None
    assert read_bounded(tmp_path / ("x" * 300)) is None


@pytest.mark.parametrize("what", ["large", "larger", "fifo", "directory", "link", "device", "loop"])
def test_what_is_not_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x"
    match what:
        case "large":
            path.write_bytes(b"abcd")
        case "larger":
            path.touch()
            os.truncate(path, 1 << 40)
        case "fifo":
            os.mkfifo(path)
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to("/etc/passwd")
        case "device":
            path = Path("/dev/zero")
        case "loop":
            path.symlink_to("x")
    with pytest.raises(Unreadable, match=str(path)):
        read_bounded(path, 3)


def test_a_link_that_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    assert read_bounded(tmp_path / "link", follow=True) == b"abc"
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "to-fifo").symlink_to("fifo")
    with pytest.raises(Unreadable, match="is no file"):
        read_bounded(tmp_path / "to-fifo", follow=True)
