from collections.abc import Callable
from pathlib import Path

import pytest

from pivot_cache import DiskError
from pivot_remote import RemoteFiles
from pivot_remote.files import DirectoryFiles


def test_a_directory(tmp_path: Path, check_files: Callable[[RemoteFiles], None]) -> None:
    check_files(DirectoryFiles(str(tmp_path / "remote")))


def test_links_and_other_things_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "runs" / "directory").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "secret")
    files = DirectoryFiles(str(tmp_path))
    assert files.read("runs/link") is None and files.read("runs/directory") is None
    assert list(files.entries("runs")) == []
    assert files.remove(["runs/directory"]).keys() == {"runs/directory"}


def test_what_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(DiskError, match="cannot list"):
        list(DirectoryFiles(str(tmp_path)).entries("runs"))
