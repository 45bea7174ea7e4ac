from pathlib import Path

from pivot.watch.ignore import read_ignored


def test_without_the_file_nothing_is_ignored(tmp_path: Path) -> None:
    assert not read_ignored(tmp_path)(f"{tmp_path}/a.log")


def test_it_is_written_as_for_git(tmp_path: Path) -> None:
    (tmp_path / ".pivotignore").write_text("*.log\n!keep.log\n/scratch/\n")
    ignored = read_ignored(tmp_path)
    assert ignored(f"{tmp_path}/deep/a.log") and ignored(f"{tmp_path}/scratch/x.py")
    assert not ignored(f"{tmp_path}/keep.log") and not ignored(f"{tmp_path}/deep/scratch/x.py")
    assert not ignored("/elsewhere/a.log")
