"""The marked block in a .gitignore: what is kept out of git, by git's own judgement."""

import subprocess
from pathlib import Path

import pytest

from pivot.errors import StorageError
from pivot.gitignore import MARK, ignore
from pivot_cache import ThroughLink


def test_lines_of_the_user_stay_and_nothing_is_written_twice(tmp_path: Path) -> None:
    file = tmp_path / ".gitignore"
    file.write_text("# mine\n*.log")
    ignore(tmp_path, ["clean.json", "raw/"])
    ignore(tmp_path, ["clean.json"])
    assert file.read_text() == f"# mine\n*.log\n\n{MARK}\n/clean.json\n/raw/\n"
    ignore(tmp_path, ["b.json"])
    assert file.read_text() == f"# mine\n*.log\n\n{MARK}\n/b.json\n/clean.json\n/raw/\n"


def test_the_order_in_which_stages_are_done_does_not_show(tmp_path: Path) -> None:
    file = tmp_path / ".gitignore"
    for order in ("abc", "cab"):
        file.write_text(f"# mine\n\n{MARK}\n/b\n\n/also mine\n")
        for name in order:
            ignore(tmp_path, [name])
        assert file.read_text() == f"# mine\n\n{MARK}\n/a\n/b\n/c\n\n/also mine\n"


def test_git_ignores_exactly_these_files(tmp_path: Path) -> None:
    names = ["a[1]*? ", "#hash", "!not", "-dash", "back\\slash", "ünï", "trailing  ", "x" * 255]
    others = ["a1xy", "hash", "not", "a[1]", "trailing "]
    (tmp_path / "sub").mkdir()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name in (*names, *others):
        (tmp_path / "sub" / name).touch()
    ignore(tmp_path, [f"sub/{name}" for name in names])
    listed = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "-z", "--others", "--exclude-standard", "sub"],
        check=True,
        capture_output=True,
    ).stdout.decode()
    assert sorted(listed.split("\0")[:-1]) == sorted(f"sub/{name}" for name in (*others, ".gitignore"))


def test_a_link_is_neither_read_nor_followed(tmp_path: Path) -> None:
    """Git follows none either; and a branch with a link to a secret must not get its text into a file that is added."""
    (tmp_path / "secret").write_text("a key")
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "data" / ".gitignore").symlink_to(tmp_path / "secret")
    with pytest.raises(StorageError, match=r"data/\.gitignore"):
        ignore(root, ["data/x"])
    (root / "linked").symlink_to(tmp_path)
    with pytest.raises(ThroughLink, match="linked is a symbolic link"):
        ignore(root, ["linked/x"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project", "secret"]
    assert (tmp_path / "secret").read_text() == "a key"


def test_a_gitignore_that_is_not_text_keeps_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / ".gitignore"
    file.write_bytes(b"/na\xefve\n")
    ignore(tmp_path, ["new"])
    assert file.read_bytes() == b"/na\xefve\n\n" + MARK.encode() + b"\n/new\n"
