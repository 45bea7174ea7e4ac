"""Revisions as git knows them, asked without touching the work tree."""

import os
import subprocess
from pathlib import Path

import pytest

from pivot.errors import StorageError, UsageError
from pivot.git import find_revision, held_by_git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of a file with an odd name, in a directory below the git root."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "repository"
    (root / "sub").mkdir(parents=True)
    git(root, "init", "-q")
    for text in ("one", "two"):
        (root / "sub" / "-ä\nb").write_text(text)
        (root / "outside").write_text(text)
        git(root, "add", ".")
        git(root, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-m", text)
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def test_the_files_of_a_revision_are_those_below_the_project(repository: Path) -> None:
    root = repository / "sub"
    before, now = find_revision(root, "HEAD~1"), find_revision(root, "HEAD")
    assert set(before.files()) == {"-ä\nb"}
    assert list(before.read(before.files().values())) == [b"one"]
    assert list(now.read([*now.files().values(), *before.files().values()])) == [b"two", b"one"]
    assert list(now.read([])) == []


def test_of_what_is_too_large_nothing_is_read(repository: Path) -> None:
    (repository / "large").write_bytes(b"x" * 3_000_000)
    git(repository, "add", ".")
    git(repository, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-m", "large")
    revision = find_revision(repository, "HEAD")
    names = [revision.files()[name] for name in ("large", "outside")]
    assert list(revision.read(names, 2_999_999)) == [None, b"two"]
    assert list(revision.read(names, 3_000_000)) == [b"x" * 3_000_000, b"two"]


def test_links_are_no_files(repository: Path) -> None:
    os.symlink("outside", repository / "link")
    git(repository, "add", ".")
    git(repository, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q", "-m", "link")
    assert set(find_revision(repository, "HEAD").files()) == {"outside", "sub/-ä\nb"}


def test_names_that_no_checkout_would_make_are_left_out(repository: Path) -> None:
    def make(kind: str, data: bytes) -> str:
        words = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        return (
            subprocess.run(words, cwd=repository, input=data, check=True, capture_output=True).stdout.decode().strip()
        )

    blob = make("blob", b"x")
    inner = make("tree", b"100644 evil\0" + bytes.fromhex(blob))
    top = make("tree", b"40000 ..\0" + bytes.fromhex(inner) + b"100644 good\0" + bytes.fromhex(blob))
    commit = make("commit", f"tree {top}\nauthor n <e@x> 0 +0000\ncommitter n <e@x> 0 +0000\n\nm".encode())
    assert set(find_revision(repository, commit).files()) == {"good"}


@pytest.mark.parametrize("name", ["nonsense", "--help", "", "HEAD:sub"])
def test_what_is_no_revision(repository: Path, name: str) -> None:
    with pytest.raises(UsageError, match="git knows no revision"):
        find_revision(repository, name)


def test_outside_of_git(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in no git repository"):
        find_revision(tmp_path, "HEAD")
    assert not held_by_git(tmp_path, "file")


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(StorageError, match="cannot run git"):
        find_revision(repository, "HEAD")


def test_what_git_has_itself(repository: Path) -> None:
    assert held_by_git(repository, "sub") and held_by_git(repository / "sub", "-ä\nb")
    (repository / "new*").touch()
    assert not held_by_git(repository, "new*") and not held_by_git(repository, "out*")


def test_an_object_that_is_not_there_is_named(repository: Path) -> None:
    revision = find_revision(repository, "HEAD")
    with pytest.raises(StorageError, match=f"git cannot read {'0' * 40}"):
        list(revision.read(["0" * 40]))
